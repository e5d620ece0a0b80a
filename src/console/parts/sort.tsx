import { Table, UnstyledButton } from '@mantine/core'
import type { ReactNode } from 'react'

interface SortProps {
  readonly children: ReactNode
  readonly isSorted: boolean
  readonly isRising: boolean
  onSort(): void
}

/** A heading that sorts its table. */
export function SortedBy({ children, isSorted, isRising, onSort }: SortProps) {
  const way = isRising ? 'ascending' : 'descending'
  return (
    <Table.Th aria-sort={isSorted ? way : 'none'}>
      <UnstyledButton fz="inherit" fw="inherit" onClick={onSort}>
        {children}
        <span aria-hidden="true">{isSorted ? (isRising ? ' ↑' : ' ↓') : ''}</span>
      </UnstyledButton>
    </Table.Th>
  )
}
