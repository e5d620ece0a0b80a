import { yaml } from '@codemirror/lang-yaml'
import { defaultHighlightStyle, HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorState, type Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { useComputedColorScheme } from '@mantine/core'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

const theme = EditorView.theme({
  '&': {
    backgroundColor: 'var(--mantine-color-body)',
    color: 'var(--mantine-color-text)',
    fontSize: 'var(--mantine-font-size-sm)',
  },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.55' },
  '.cm-gutters': {
    backgroundColor: 'light-dark(#f6f8f9, var(--mantine-color-dark-8))',
    color: 'var(--ink-soft)',
    borderRight: '1px solid var(--line)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'light-dark(#0000000a, #ffffff0d)' },
  '&.cm-focused': { outline: '2px solid var(--bar)', outlineOffset: '-1px' },
  // Shown to everybody alike: it can be opened by the mouse alone.
  '.cm-collapsedLines': { pointerEvents: 'none' },
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: 'none' },
  '.cm-tooltip': { maxWidth: 'min(560px, 90vw)' },
})

/** The colours that CodeMirror has for a light ground, as bright as a dark one needs them. */
const onDark = HighlightStyle.define(
  defaultHighlightStyle.specs.map((spec) =>
    typeof spec.color === 'string' ? { ...spec, color: `color-mix(in oklab, ${spec.color} 38%, white)` } : spec,
  ),
  { themeType: 'dark' },
)

/** Language, looks and name of what shows YAML. */
export function useLook(label: string): Extension {
  const { t } = useTranslation()
  const isDark = useComputedColorScheme('light', { getInitialValueInEffect: false }) === 'dark'
  return useMemo(
    () => [
      yaml(),
      theme,
      EditorView.darkTheme.of(isDark),
      syntaxHighlighting(onDark),
      syntaxHighlighting(defaultHighlightStyle, { fallback: true }),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorState.phrases.of(t('code', { returnObjects: true })),
    ],
    [label, isDark, t],
  )
}

/** Read by the keyboard as well, and never a reason for a phone to show its own. */
export const readOnly: Extension = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ 'aria-readonly': 'true' }),
]
