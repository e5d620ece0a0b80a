import { Textarea } from '@mantine/core'

interface ReasonProps {
  readonly label: string
  readonly value: string
  readonly onChange: (text: string) => void
}

/** Why somebody does something; it is the first thing to be typed in its dialogue. */
export function Reason({ label, value, onChange }: ReasonProps) {
  return (
    <Textarea
      label={label}
      required
      withAsterisk={false}
      maxLength={500}
      autosize
      minRows={2}
      data-autofocus
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
