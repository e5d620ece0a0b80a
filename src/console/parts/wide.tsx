import { Table, type TableProps } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'

interface WideProps extends Omit<TableProps, 'aria-label'> {
  readonly label: string
  /** Below this width in pixels it is scrolled sideways. */
  readonly least: number
}

/** A table that is scrolled where the screen is narrow, also by the keyboard. */
export function Wide({ label, least, children, ...props }: WideProps) {
  const { ref, width } = useElementSize<HTMLDivElement>()
  const isScrolled = width > 0 && width < least
  return (
    <Table.ScrollContainer
      ref={ref}
      type="native"
      minWidth={least}
      // What is hidden from sight is placed within it, and would else widen the page.
      pos="relative"
      {...(isScrolled ? { tabIndex: 0, role: 'region', 'aria-label': label } : {})}
    >
      <Table className="table" aria-label={label} {...props}>
        {children}
      </Table>
    </Table.ScrollContainer>
  )
}
