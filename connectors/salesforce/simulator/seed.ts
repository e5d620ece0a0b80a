import { decimal } from '../../../src/core/decimal.ts'
import { idOf } from './ids.ts'
import type { Schema } from './schema.ts'
import type { Store } from './store.ts'

interface SeedOptions {
  readonly organizationId: string
  readonly organizationName: string
  readonly timeZone: string
  readonly sandbox: boolean
  readonly username: string
  readonly administrator: boolean
}

/** Ids of the two users: the one that programs run as, and the one who sells. */
export const users = { integration: idOf('005', 1), seller: idOf('005', 2) } as const
export const firstOrganizationId = idOf('00D', 1)

/** What every org has before anybody works in it. */
export function seed(store: Store, schema: Schema, options: SeedOptions): void {
  const { organizationId, organizationName, timeZone, sandbox, username, administrator } = options
  const by = users.integration
  const locale = { TimeZoneSidKey: timeZone, LocaleSidKey: 'en_US', LanguageLocaleKey: 'en_US' }
  const money = (code: string | undefined) =>
    code === undefined ? {} : { CurrencyIsoCode: code, DefaultCurrencyIsoCode: code }
  const { currencies } = schema

  store.insert(
    'Organization',
    {
      Id: organizationId,
      Name: organizationName,
      Country: 'DE',
      DefaultLocaleSidKey: 'en_US',
      LanguageLocaleKey: 'en_US',
      TimeZoneSidKey: timeZone,
      OrganizationType: 'Enterprise Edition',
      IsSandbox: sandbox,
      InstanceName: 'EU42',
      FiscalYearStartMonth: '1',
    },
    by,
  )
  const profileNames = [administrator ? 'System Administrator' : 'Minimum Access - API Only Integrations', 'Sales User']
  const profiles = profileNames.map((Name) => store.insert('Profile', { Name, UserType: 'Standard' }, by).id)
  const people = [
    { Username: username, FirstName: 'Integration', LastName: 'User', Email: 'integration@example.com' },
    { Username: 'sam.seller@example.com', FirstName: 'Sam', LastName: 'Seller', Email: 'sam.seller@example.com' },
  ]
  people.forEach((person, place) => {
    const profile = profiles[place] ?? ''
    const { id } = store.insert(
      'User',
      {
        ...person,
        Name: `${person.FirstName} ${person.LastName}`,
        IsActive: true,
        UserType: 'Standard',
        ProfileId: profile,
        ...locale,
        ...money(currencies[0]),
      },
      by,
    )
    // Every profile has a permission set of its own, which nobody sees in the setup.
    const own = store.insert(
      'PermissionSet',
      { Name: `X${profile}`, Label: `X${profile}`, IsOwnedByProfile: true, ProfileId: profile, Type: 'Profile' },
      by,
    )
    store.insert('PermissionSetAssignment', { PermissionSetId: own.id, AssigneeId: id, IsActive: true }, by)
  })
  schema.stages.forEach(
    ({ name, label = name, won = false, closed = false, probability, forecast, active = true }, n) => {
      store.insert(
        'OpportunityStage',
        {
          ApiName: name,
          MasterLabel: label,
          IsActive: active,
          SortOrder: String(n + 1),
          IsClosed: closed,
          IsWon: won,
          ForecastCategory: forecast === 'Commit' ? 'Forecast' : forecast.replace(' ', ''),
          ForecastCategoryName: forecast,
          DefaultProbability: decimal(probability),
        },
        by,
      )
    },
  )
  currencies.forEach((code, place) => {
    store.insert(
      'CurrencyType',
      {
        IsoCode: code,
        ConversionRate: '1',
        DecimalPlaces: code === 'JPY' ? '0' : '2',
        IsActive: true,
        IsCorporate: place === 0,
      },
      by,
    )
  })
  store.insert(
    'Pricebook2',
    {
      Name: 'Standard Price Book',
      IsActive: true,
      IsStandard: true,
      ...(currencies[0] === undefined ? {} : { CurrencyIsoCode: currencies[0] }),
    },
    by,
  )
  for (const { name, label, prefix, kind } of schema.objects()) {
    if (kind !== 'data') continue
    store.insert(
      'EntityDefinition',
      {
        DurableId: name,
        QualifiedApiName: name,
        DeveloperName: name.replace(/__c$/, ''),
        Label: label,
        KeyPrefix: prefix,
      },
      by,
    )
  }
}
