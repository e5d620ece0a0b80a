/** A file of YAML as it was read: the name is for messages alone. */
export interface MappingFile {
  readonly file: string
  readonly text: string
}

/** One thing that is wrong in a file, or worth a look; see `isWarning`. */
export interface Finding {
  readonly file: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
  readonly kind: FindingKind
  readonly message: string
  /** What to do about it: `Did you mean "deal.number"?` */
  readonly fix?: string
}

export const findingKinds = {
  yaml: 'The file is not YAML, or uses what we do not read: anchors, aliases, tags, several documents.',
  too_large: 'The file is larger or nested deeper than a file of this kind ever needs to be.',
  duplicate_key: 'A key is there twice; only one of the two would count.',
  wrong_form: 'Something else was expected here: a text, a list, keys with values.',
  unknown_word: 'A word that the format does not have.',
  missing_word: 'A word that must be there is not.',
  unknown_document: 'Neither `from` nor `to` is a document, or both are.',
  unknown_path: 'A path leads to what the record or document does not have.',
  unknown_field: 'The target has no field of this name.',
  read_only_field: 'The target has the field, but it cannot be written.',
  missing_field: 'The document, or a record that is made, must have this field and no rule gives it.',
  type_mismatch: 'The rule gives a value that the target can never take.',
  unknown_object: 'The system has no object of this name.',
  unknown_transform: 'There is no transform of this name.',
  bad_parameter: 'A parameter of a transform is missing, unknown or of the wrong type.',
  unknown_file: 'There is no mapping of this name beside the file that uses it.',
  unknown_table: 'There is no file of this name in `config/tables`.',
  bad_expression: 'The JSONata text cannot be read, or uses what a mapping must not: the clock, randomness, `$eval`.',
  underivable_reads: 'What the expression reads cannot be told from its text.',
  unquoted_number: 'A number that YAML would change: `007` is 7. Put it in quotes.',
  table_gap:
    'A warning: the source has choices that the table has no entry for. A record with one of them becomes a problem.',
  table_value:
    'A warning: the table gives values that are no choices of the target. A record that gets one of them becomes a problem.',
} as const
export type FindingKind = keyof typeof findingKinds

const warnings: ReadonlySet<string> = new Set<FindingKind>(['table_gap', 'table_value'])
/** A warning is about some records alone: it keeps no sync from working and nothing from being published. */
export const isWarning = ({ kind }: { readonly kind: string }): boolean => warnings.has(kind)

/** `mappings/odoo/order.yaml:4:9 unknown_path: deal has no "numbr". Did you mean "deal.number"?` */
export const formatFinding = (finding: Finding): string =>
  `${finding.file}:${finding.line}:${finding.column} ${finding.kind}: ${finding.message}` +
  (finding.fix === undefined ? '' : ` ${finding.fix}`)
