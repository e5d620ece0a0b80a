/*
 * The objects of a fresh org, as far as the job needs them. A field is one word: `Name:type(argument)marks`.
 *
 * The argument of text is its length, of a number its precision and scale, of a reference the object it leads to and,
 * after the dot, the list at the other end; of a picklist the name of its values in `choices`. Marks: `!` must have a
 * value, `*` only Salesforce sets it, `+` set once, at the start, `~` neither filtered nor sorted by, `^` goes with the
 * record it leads to, `&` has an index, `#` an External ID and unique, `=Path` follows a field of the record it leads to.
 * A word that begins with `$` is there with several currencies only, one that begins with `@` with person accounts only.
 */

interface ObjectDefinition {
  /** The first three characters of its ids. */
  readonly prefix: string
  readonly label: string
  readonly plural: string
  /** `data` has a Recycle Bin; `setup` has none; `tooling` is reached by the Tooling API alone. */
  readonly kind: 'data' | 'setup' | 'tooling'
  readonly fields: string
}

const address = (prefix: string) =>
  `${prefix}Street:textarea(255) ${prefix}City:string(40) ${prefix}State:string(80) ${prefix}PostalCode:string(20) ` +
  `${prefix}Country:string(80) ${prefix}Address:address*~`

export const objectDefinitions: Readonly<Record<string, ObjectDefinition>> = {
  Opportunity: {
    prefix: '006',
    label: 'Opportunity',
    plural: 'Opportunities',
    kind: 'data',
    fields:
      'AccountId:reference(Account.Opportunities)^ RecordTypeId:reference(RecordType) IsPrivate:boolean ' +
      'Name:string(120)! Description:textarea(32000)~ StageName:picklist(stages)! Amount:currency(18,2) ' +
      'Probability:percent(3,0) ExpectedRevenue:currency(18,2)* TotalOpportunityQuantity:double(18,2) CloseDate:date! ' +
      'Type:picklist(types) NextStep:string(255) LeadSource:picklist(sources) IsClosed:boolean* IsWon:boolean* ' +
      'ForecastCategory:picklist* ForecastCategoryName:picklist(forecasts) $CurrencyIsoCode:picklist(currencies) ' +
      'HasOpportunityLineItem:boolean* Pricebook2Id:reference(Pricebook2) OwnerId:reference(User) ' +
      'LastActivityDate:date* LastStageChangeDate:datetime* ContactId:reference(Contact)+~',
  },
  OpportunityLineItem: {
    prefix: '00k',
    label: 'Opportunity Product',
    plural: 'Opportunity Products',
    kind: 'data',
    fields:
      'OpportunityId:reference(Opportunity.OpportunityLineItems)!+^ SortOrder:int(9,0) ' +
      'PricebookEntryId:reference(PricebookEntry.OpportunityLineItems)+ Product2Id:reference(Product2.OpportunityLineItems)+ ' +
      'ProductCode:string(255)*=Product2.ProductCode Name:string(376)* Quantity:double(12,2)! Discount:percent(5,2) ' +
      'Subtotal:currency(18,2)* TotalPrice:currency(18,2) UnitPrice:currency(18,2) ListPrice:currency(18,2)* ' +
      '$CurrencyIsoCode:picklist(currencies)* ServiceDate:date Description:string(255)',
  },
  OpportunityHistory: {
    prefix: '008',
    label: 'Opportunity History',
    plural: 'Opportunity History',
    kind: 'data',
    fields:
      'OpportunityId:reference(Opportunity.OpportunityHistories)*^ StageName:picklist(stages)* Amount:currency(18,2)* ' +
      'ExpectedRevenue:currency(18,2)* CloseDate:date* Probability:percent(3,0)* ForecastCategory:picklist* ' +
      '$CurrencyIsoCode:picklist(currencies)*',
  },
  OpportunityContactRole: {
    prefix: '00K',
    label: 'Opportunity Contact Role',
    plural: 'Opportunity Contact Roles',
    kind: 'data',
    fields:
      'OpportunityId:reference(Opportunity.OpportunityContactRoles)!+^ ContactId:reference(Contact.OpportunityContactRoles)!^ ' +
      'Role:picklist(roles) IsPrimary:boolean $CurrencyIsoCode:picklist(currencies)*',
  },
  Account: {
    prefix: '001',
    label: 'Account',
    plural: 'Accounts',
    kind: 'data',
    fields:
      'MasterRecordId:reference(Account)* Name:string(255)! @LastName:string(80) @FirstName:string(40) ' +
      '@Salutation:picklist(salutations) Type:picklist(types) RecordTypeId:reference(RecordType) ' +
      `ParentId:reference(Account.ChildAccounts) ${address('Billing')} ${address('Shipping')} Phone:phone(40) ` +
      'Fax:phone(40) Website:url(255) Industry:picklist(industries) AnnualRevenue:currency(18,0) ' +
      'NumberOfEmployees:int(8,0) Description:textarea(32000)~ AccountNumber:string(40) Site:string(80) ' +
      '$CurrencyIsoCode:picklist(currencies) OwnerId:reference(User) @IsPersonAccount:boolean* ' +
      `@PersonContactId:reference(Contact)* @PersonEmail:email(80) @PersonMobilePhone:phone(40) @PersonTitle:string(80) ${address('PersonMailing').replaceAll('PersonMailing', '@PersonMailing')}`,
  },
  Contact: {
    prefix: '003',
    label: 'Contact',
    plural: 'Contacts',
    kind: 'data',
    fields:
      'MasterRecordId:reference(Contact)* AccountId:reference(Account.Contacts)^ @IsPersonAccount:boolean* LastName:string(80)! ' +
      `FirstName:string(40) Salutation:picklist(salutations) Name:string(121)* ${address('Mailing')} ${address('Other')} ` +
      'Phone:phone(40) MobilePhone:phone(40) Email:email(80)& Title:string(128) Department:string(80) ' +
      'Description:textarea(32000)~ $CurrencyIsoCode:picklist(currencies) OwnerId:reference(User)',
  },
  Product2: {
    prefix: '01t',
    label: 'Product',
    plural: 'Products',
    kind: 'data',
    fields:
      'Name:string(255)! ProductCode:string(255)& Description:textarea(4000)~ IsActive:boolean Family:picklist(families) ' +
      'QuantityUnitOfMeasure:picklist(units) StockKeepingUnit:string(180)& ExternalId:string(255) DisplayUrl:url(1000) ' +
      '$CurrencyIsoCode:picklist(currencies) IsArchived:boolean*',
  },
  Pricebook2: {
    prefix: '01s',
    label: 'Price Book',
    plural: 'Price Books',
    kind: 'data',
    fields:
      'Name:string(255)! Description:string(255) IsActive:boolean IsStandard:boolean* IsArchived:boolean* ' +
      '$CurrencyIsoCode:picklist(currencies)',
  },
  PricebookEntry: {
    prefix: '01u',
    label: 'Price Book Entry',
    plural: 'Price Book Entries',
    kind: 'data',
    fields:
      'Name:string(255)*=Product2.Name Pricebook2Id:reference(Pricebook2.PricebookEntries)!+ ' +
      'Product2Id:reference(Product2.PricebookEntries)!+ ProductCode:string(255)*=Product2.ProductCode ' +
      'UnitPrice:currency(18,2)! $CurrencyIsoCode:picklist(currencies)+ IsActive:boolean UseStandardPrice:boolean',
  },
  // Stands for any object that an admin has made himself.
  Delivery__c: {
    prefix: 'a00',
    label: 'Delivery',
    plural: 'Deliveries',
    kind: 'data',
    fields:
      'Name:string(80) Opportunity__c:reference(Opportunity.Deliveries__r) Status__c:picklist(deliveries) ' +
      'Tracking_Number__c:string(100) External_Id__c:string(100)# Shipped_On__c:date OwnerId:reference(User) ' +
      '$CurrencyIsoCode:picklist(currencies)',
  },
  User: {
    prefix: '005',
    label: 'User',
    plural: 'Users',
    kind: 'setup',
    fields:
      'Username:string(80)! LastName:string(80)! FirstName:string(40) Name:string(121)* Email:email(128)! IsActive:boolean ' +
      'ProfileId:reference(Profile)! UserType:picklist* TimeZoneSidKey:picklist! LocaleSidKey:picklist! ' +
      'LanguageLocaleKey:picklist! EmployeeNumber:string(20) $CurrencyIsoCode:picklist(currencies) ' +
      '$DefaultCurrencyIsoCode:picklist(currencies)',
  },
  Profile: {
    prefix: '00e',
    label: 'Profile',
    plural: 'Profiles',
    kind: 'setup',
    fields: 'Name:string(255)! UserType:picklist* Description:string(255)',
  },
  Organization: {
    prefix: '00D',
    label: 'Organization',
    plural: 'Organizations',
    kind: 'setup',
    fields:
      'Name:string(80)! Street:textarea(255) City:string(40) State:string(80) PostalCode:string(20) Country:string(80) ' +
      'Phone:phone(40) PrimaryContact:string(80) DefaultLocaleSidKey:picklist LanguageLocaleKey:picklist ' +
      'TimeZoneSidKey:picklist* OrganizationType:picklist* IsSandbox:boolean* InstanceName:string(5)* ' +
      'NamespacePrefix:string(15)* FiscalYearStartMonth:int(9,0)* TrialExpirationDate:datetime*',
  },
  OpportunityStage: {
    prefix: '01J',
    label: 'Opportunity Stage',
    plural: 'Opportunity Stage',
    kind: 'setup',
    fields:
      'MasterLabel:string(255)* ApiName:string(255)* IsActive:boolean* SortOrder:int(9,0)* IsClosed:boolean* IsWon:boolean* ' +
      'ForecastCategory:picklist* ForecastCategoryName:picklist* DefaultProbability:percent(3,0)* Description:string(255)*',
  },
  RecordType: {
    prefix: '012',
    label: 'Record Type',
    plural: 'Record Types',
    kind: 'setup',
    fields:
      'Name:string(80)! DeveloperName:string(80)! NamespacePrefix:string(15)* Description:string(255) ' +
      'SobjectType:picklist!+ IsActive:boolean @IsPersonType:boolean*',
  },
  CurrencyType: {
    prefix: '01L',
    label: 'Currency Type',
    plural: 'Currency Types',
    kind: 'setup',
    fields:
      '$IsoCode:picklist(currencies)!+ $ConversionRate:double(18,6)! $DecimalPlaces:int(1,0)! $IsActive:boolean $IsCorporate:boolean*',
  },
  PermissionSet: {
    prefix: '0PS',
    label: 'Permission Set',
    plural: 'Permission Sets',
    kind: 'setup',
    fields:
      'Name:string(80)! Label:string(80)! Description:string(255) IsOwnedByProfile:boolean* ' +
      'ProfileId:reference(Profile)* IsCustom:boolean* NamespacePrefix:string(15)* Type:picklist*',
  },
  PermissionSetAssignment: {
    prefix: '0Pa',
    label: 'Permission Set Assignment',
    plural: 'Permission Set Assignments',
    kind: 'setup',
    fields:
      'PermissionSetId:reference(PermissionSet.Assignments)!+ AssigneeId:reference(User.PermissionSetAssignments)!+ IsActive:boolean*',
  },
  FieldPermissions: {
    prefix: '01k',
    label: 'Field Permissions',
    plural: 'Field Permissions',
    kind: 'setup',
    fields:
      'ParentId:reference(PermissionSet.FieldPerms)!+ SobjectType:picklist!+ Field:picklist!+ PermissionsEdit:boolean ' +
      'PermissionsRead:boolean',
  },
  CustomField: {
    prefix: '00N',
    label: 'Custom Field',
    plural: 'Custom Fields',
    kind: 'tooling',
    fields:
      'DeveloperName:string(40)* TableEnumOrId:picklist* FullName:string(255)*~ NamespacePrefix:string(15)* ' +
      'ManageableState:picklist* EntityDefinitionId:string(80)*',
  },
  EntityDefinition: {
    prefix: '4ie',
    label: 'Entity Definition',
    plural: 'Entity Definitions',
    kind: 'tooling',
    fields:
      'DurableId:string(80)* QualifiedApiName:string(80)* DeveloperName:string(80)* Label:string(80)* KeyPrefix:string(3)*',
  },
}

/** Values of picklists. */
export const choices: Readonly<Record<string, readonly string[]>> = {
  types: ['New Customer', 'Existing Customer - Upgrade', 'Existing Customer - Replacement'],
  sources: ['Web', 'Phone Inquiry', 'Partner Referral', 'Other'],
  forecasts: ['Omitted', 'Pipeline', 'Best Case', 'Commit', 'Closed'],
  roles: ['Decision Maker', 'Business User', 'Economic Buyer', 'Evaluator', 'Other'],
  salutations: ['Mr.', 'Ms.', 'Mrs.', 'Dr.', 'Prof.', 'Mx.'],
  industries: ['Manufacturing', 'Retail', 'Technology', 'Other'],
  families: ['Hardware', 'Services', 'None'],
  units: ['Each', 'Box', 'Hour'],
  deliveries: ['Planned', 'Shipped', 'Delivered'],
}

/** Picklists that take only their own values; the others take any text through the API, as Salesforce's do. */
export const restricted: ReadonlySet<string> = new Set(['forecasts', 'currencies', 'deliveries'])

export interface SimulatedStage {
  readonly name: string
  /** What people see, where it was renamed. */
  readonly label?: string
  readonly won?: boolean
  readonly closed?: boolean
  readonly probability: number
  readonly forecast: string
  readonly active?: boolean
}
export const defaultStages: readonly SimulatedStage[] = [
  { name: 'Prospecting', probability: 10, forecast: 'Pipeline' },
  { name: 'Qualification', probability: 20, forecast: 'Pipeline' },
  { name: 'Proposal/Price Quote', probability: 75, forecast: 'Best Case' },
  { name: 'Negotiation/Review', probability: 90, forecast: 'Commit' },
  { name: 'Closed Won', probability: 100, forecast: 'Closed', won: true, closed: true },
  { name: 'Closed Lost', probability: 0, forecast: 'Omitted', closed: true },
]
