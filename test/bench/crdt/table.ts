type Cell = string | number

/** As Markdown; numbers are to the right. */
export function printTable(title: string, head: readonly string[], rows: readonly Cell[][]): void {
  const shown = rows.map((row) => row.map((cell) => show(cell)))
  const widths = head.map((name, at) =>
    Math.max(name.length, ...shown.map((row) => row[at]?.length ?? 0)),
  )
  const isNumber = head.map((_, at) => rows.some((row) => typeof row[at] === 'number'))
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, at) => {
      const cell = cells[at] ?? ''
      return isNumber[at] === true ? cell.padStart(width) : cell.padEnd(width)
    })
    return `| ${padded.join(' | ')} |`
  }
  const rule = `|${widths.map((width, at) => (isNumber[at] === true ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`
  console.log([`\n${title}\n`, line(head), rule, ...shown.map(line)].join('\n'))
}

function show(cell: Cell): string {
  if (typeof cell === 'string') return cell
  if (Math.abs(cell) >= 100) return Math.round(cell).toLocaleString('en')
  return Number(cell.toPrecision(3)).toString()
}
