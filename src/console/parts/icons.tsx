import type { ReactNode } from 'react'

const icon = (drawing: ReactNode) =>
  function Icon({ size = 16 }: { size?: number }) {
    return (
      <svg
        width={size}
        height={size}
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        style={{ flex: 'none' }}
      >
        {drawing}
      </svg>
    )
  }

export const CheckIcon = icon(<path d="m3 8.5 3.2 3.2L13 5" />)
export const WarnIcon = icon(<path d="M8 2 1.5 13.5h13L8 2Zm0 4.5v3.2M8 11.6v.1" />)
export const PauseIcon = icon(<path d="M5.5 3.5v9M10.5 3.5v9" />)
export const HomeIcon = icon(<path d="M2.5 7.5 8 3l5.5 4.5M4 6.5V13h8V6.5" />)
export const OrdersIcon = icon(<path d="M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2" />)
export const SyncIcon = icon(
  <path d="M13 6.5A5.2 5.2 0 0 0 3.3 5M3 2.5V5h2.5M3 9.5A5.2 5.2 0 0 0 12.7 11M13 13.5V11h-2.5" />,
)
export const AlertIcon = icon(<path d="M3 11.5h10l-1.3-2V7a3.7 3.7 0 0 0-7.4 0v2.5L3 11.5ZM6.5 13.5h3" />)
export const ActivityIcon = icon(<path d="M1.5 8h3l2-5 3 10 2-5h3" />)
export const MappingsIcon = icon(<path d="M2.5 5h11L10.5 2M13.5 11h-11l3 3" />)
export const ConnectionsIcon = icon(<path d="M5.5 2v3.5M10.5 2v3.5M3.5 5.5h9v2a4.5 4.5 0 0 1-9 0v-2ZM8 12v2" />)
export const UsersIcon = icon(
  <path d="M8 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c.4-2.6 2.3-4 5-4s4.6 1.4 5 4" />,
)
export const AuditIcon = icon(<path d="M8 1.8 13 4v4c0 3-2 5.2-5 6.3C5 13.2 3 11 3 8V4l5-2.2ZM5.8 8l1.6 1.6 2.8-3" />)
export const SearchIcon = icon(<path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3l3.2 3.2" />)
export const DownIcon = icon(<path d="m4 6 4 4 4-4" />)
