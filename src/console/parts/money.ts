import type { Money } from '../api.ts'

/** Amounts stay decimal text, which Intl writes without making a binary number of it. */
export function moneyText({ amount, currency }: Money, locale: string, isBrief = false): string {
  try {
    const format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      trailingZeroDisplay: isBrief ? 'stripIfInteger' : 'auto',
    })
    return format.format(amount as Intl.StringNumericLiteral)
  } catch {
    return `${amount} ${currency}`
  }
}

export const moneysText = (all: readonly Money[], locale: string): string =>
  new Intl.ListFormat(locale).format(all.map((one) => moneyText(one, locale, true)))

/** To sort by. Currencies are not converted. */
export const worth = (all: readonly Money[]): number => Math.max(0, ...all.map(({ amount }) => Number(amount) || 0))
