#!/usr/bin/env node
import { writeFileSync } from 'node:fs'

import { isMet, type Figure } from './figure.ts'
import { MEASURES, type Measure } from './measures.ts'
import { Progress } from './progress.ts'
import { tableOf } from './table.ts'

/** The process that `scale` starts: takes the measures, one after the other, and tells them. */
interface Report {
  readonly replicas: number
  readonly seed: number
  readonly measures: { readonly name: string; readonly figures: readonly Figure[] }[]
}

const progress = new Progress()

function take({ name, about, take: measure }: Measure, { replicas, seed, measures }: Report): void {
  progress.began(name)
  const figures = measure({ replicas, seed, onProgress: progress.heard })
  measures.push({ name, figures })
  console.log(`\n${name}: ${about} (${progress.ended()})\n`)
  for (const line of tableOf(figures)) console.log(`  ${line}`)
}

/** Answers how many targets were missed. */
function conclude({ replicas, seed, measures }: Report): number {
  const figures = measures.flatMap((measure) => measure.figures)
  const targets = figures.map(isMet).filter((met) => met !== undefined)
  const missed = targets.filter((met) => !met).length
  console.log(
    `\nscale: ${replicas} replicas, seed ${seed}, ${targets.length} targets, ${missed} not met`,
  )
  return missed
}

const [replicas, seed, only = '', json = ''] = process.argv.slice(2)
const report: Report = { replicas: Number(replicas), seed: Number(seed), measures: [] }
for (const measure of MEASURES) if (only === '' || only === measure.name) take(measure, report)
const missed = conclude(report)
if (json !== '') writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`)
process.exitCode = missed === 0 ? 0 : 1
