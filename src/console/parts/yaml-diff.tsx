import { unifiedMergeView } from '@codemirror/merge'
import { EditorView, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { readOnly, useLook } from './code.ts'

interface YamlDiffProps {
  readonly path: string
  readonly before: string
  readonly after: string
}

export function YamlDiff({ path, before, after }: YamlDiffProps) {
  const { t } = useTranslation()
  const place = useRef<HTMLDivElement>(null)
  const look = useLook(t('mappings.diffOf', { file: path }))
  useEffect(() => {
    if (place.current === null) return
    const view = new EditorView({
      parent: place.current,
      doc: after,
      extensions: [
        lineNumbers(),
        look,
        readOnly,
        unifiedMergeView({
          original: before,
          mergeControls: false,
          // Where there is but one side, all of it would be underlined.
          highlightChanges: before !== '' && after !== '',
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
      ],
    })
    return () => view.destroy()
  }, [look, before, after])
  return <div ref={place} className="diff" />
}
