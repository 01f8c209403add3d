import { isMet, type Figure } from './figure.ts'

const HEADINGS = ['', 'measured', 'target', '', 'published'] as const

/** Figures as lines of text, in columns. */
export function tableOf(figures: readonly Figure[]): string[] {
  const rows = [HEADINGS, ...figures.map(rowOf)]
  const widths = HEADINGS.map((_, column) => {
    return Math.max(...rows.map((row) => (row[column] ?? '').length))
  })
  return rows.map((row) => {
    return row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  })
}

function rowOf(figure: Figure): readonly string[] {
  const { what, value, unit, target, published = '' } = figure
  const bound =
    target === undefined
      ? ''
      : `${target.bound === 'at most' ? '≤' : '≥'} ${numberText(target.value)}`
  const met = isMet(figure)
  const verdict = met === undefined ? '' : met ? 'met' : 'NOT MET'
  return [what, `${numberText(value)} ${unit}`.trim(), bound, verdict, published]
}

/** Three digits that count, or all of those before the point. */
function numberText(value: number): string {
  if (!Number.isFinite(value)) return 'never'
  const digits =
    Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 4
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}
