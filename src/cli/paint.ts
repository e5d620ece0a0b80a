import { styleText } from 'node:util'

export type Style = (text: string) => string

/** Colours carry no meaning of their own: each stands beside a word or a sign that says the same. */
export interface Paint {
  readonly bold: Style
  readonly dim: Style
  readonly red: Style
  readonly green: Style
  readonly yellow: Style
  readonly cyan: Style
}

const asItIs: Style = (text) => text
const styled =
  (format: keyof Paint): Style =>
  (text) =>
    styleText(format, text, { validateStream: false })

export const paintOf = (color: boolean): Paint => ({
  bold: color ? styled('bold') : asItIs,
  dim: color ? styled('dim') : asItIs,
  red: color ? styled('red') : asItIs,
  green: color ? styled('green') : asItIs,
  yellow: color ? styled('yellow') : asItIs,
  cyan: color ? styled('cyan') : asItIs,
})
