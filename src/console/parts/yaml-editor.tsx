import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { Annotation, Compartment, type EditorState, Transaction } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { basicSetup } from 'codemirror'
import { useEffect, useEffectEvent, useRef } from 'react'
import type { Finding } from '../api.ts'
import { readOnly, useLook } from './code.ts'

export interface YamlMark extends Pick<Finding, 'line' | 'column' | 'message' | 'fix'> {
  readonly severity: 'error' | 'warning'
}

/** Where to go; a new one goes there again. */
export interface Spot {
  readonly line: number
  readonly takesFocus: boolean
}

interface YamlEditorProps {
  readonly label: string
  readonly text: string
  readonly isReadOnly: boolean
  readonly marks: readonly YamlMark[]
  readonly spot: Spot | null
  readonly onChange: (text: string) => void
}

const fromOutside = Annotation.define<true>()

/** One file. For another one it is mounted anew, by a `key`. */
export function YamlEditor({ label, text, isReadOnly, marks, spot, onChange }: YamlEditorProps) {
  const place = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const dress = useRef(new Compartment())
  const look = useLook(label)
  const changed = useEffectEvent(onChange)

  useEffect(() => {
    if (place.current === null) return
    const made = new EditorView({
      parent: place.current,
      extensions: [
        dress.current.of([]),
        basicSetup,
        lintGutter(),
        EditorView.updateListener.of(({ docChanged, state, transactions }) => {
          if (docChanged && !transactions.some((one) => one.annotation(fromOutside))) changed(state.doc.toString())
        }),
      ],
    })
    view.current = made
    return () => {
      made.destroy()
      view.current = null
    }
  }, [])
  useEffect(() => {
    view.current?.dispatch({ effects: dress.current.reconfigure(isReadOnly ? [look, readOnly] : look) })
  }, [look, isReadOnly])
  useEffect(() => {
    const { doc } = view.current?.state ?? {}
    if (doc === undefined || doc.toString() === text) return
    view.current?.dispatch({
      changes: { from: 0, to: doc.length, insert: text },
      annotations: [fromOutside.of(true), Transaction.addToHistory.of(false)],
    })
  }, [text])
  useEffect(() => {
    const state = view.current?.state
    if (state !== undefined) view.current?.dispatch(setDiagnostics(state, diagnostics(marks, state)))
  }, [marks])
  useEffect(() => {
    if (spot === null || view.current === null) return
    const { doc } = view.current.state
    const { from } = doc.line(Math.min(spot.line, doc.lines))
    view.current.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'center' }),
    })
    if (spot.takesFocus) view.current.focus()
  }, [spot])

  return <div ref={place} className="editor" />
}

const diagnostics = (marks: readonly YamlMark[], state: EditorState): Diagnostic[] =>
  marks.map(({ line, column, severity, message, fix }) => {
    const at = state.doc.line(Math.min(line, state.doc.lines))
    const from = Math.min(at.from + column - 1, at.to)
    return {
      from,
      to: state.wordAt(from)?.to ?? at.to,
      severity,
      message: fix === undefined ? message : `${message}\n${fix}`,
    }
  })
