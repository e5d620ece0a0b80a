import { Button, Menu } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { type ExportName, type ExportQuery, exportAddress } from '../api.ts'
import { DownIcon } from './icons.tsx'

const formats = { csv: 'CSV', json: 'JSON' } as const

/** Takes a whole list along, as it is filtered: the browser stores it while it comes. */
export function Export<K extends ExportName>({ list, query }: { list: K; query: ExportQuery<K> }) {
  const { t } = useTranslation()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" rightSection={<DownIcon size={12} />}>
          {t('common.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {Object.entries(formats).map(([format, name]) => (
          <Menu.Item key={format} component="a" href={exportAddress(list, { ...query, format })} download>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
