/**
 * A trace is a recorded editing history: transactions, each typed by one agent on top of the
 * transactions that its `parents` name. `parseTrace` takes what a file holds and either returns a
 * trace that can be replayed exactly, or throws a `TraceError` that names the transaction at fault.
 * The format is that of the editing-traces project, sequential and concurrent. Pure, and fit for
 * browsers.
 */
import { CausalOrder } from './causal-order.ts'
import { TraceError } from './trace-error.ts'

/** At `position`, `deleted` code points go and then `inserted` comes. */
export type Patch = readonly [position: number, deleted: number, inserted: string]

export interface Transaction {
  /** Who typed it: 0 to `agentCount - 1`. */
  readonly agent: number
  /** Indexes, all lower than its own, of the transactions that it was typed on top of. */
  readonly parents: readonly number[]
  /** Applied in this order, each to the outcome of the one before. */
  readonly patches: readonly Patch[]
}

export interface Trace {
  readonly agentCount: number
  readonly transactions: readonly Transaction[]
  /** The text after all transactions. */
  readonly endContent: string
}

/** Agents that one trace may have: each is a client with a document of its own. */
export const AGENTS_MAX = 1_000

/**
 * Sequential files become the typing of one agent, and a start content its first transaction, so
 * that whoever replays a trace has one kind to deal with. Errors count transactions from 0, as the
 * file has them.
 */
export function parseTrace(json: unknown): Trace {
  if (!isRecord(json)) throw new TraceError('The recording is not a JSON object.')
  if (!Array.isArray(json.txns)) throw new TraceError('The recording has no list `txns`.')
  const { kind = 'sequential', startContent = '', endContent } = json
  if (kind !== 'sequential' && kind !== 'concurrent') {
    throw new TraceError('The recording is of an unknown kind; known: sequential, concurrent.')
  }
  if (!isText(startContent)) throw new TraceError('`startContent` is not a text.')
  if (!isText(endContent)) throw new TraceError('`endContent` is not a text.')
  const agentCount = kind === 'concurrent' ? readAgentCount(json.numAgents) : 1
  const read = kind === 'concurrent' ? readConcurrent(agentCount) : readSequential
  const transactions = json.txns.map(read)
  checkOrder(agentCount, transactions)
  return { agentCount, transactions: startWith(startContent, transactions), endContent }
}

function readAgentCount(value: unknown): number {
  if (!isCount(value) || value < 1 || value > AGENTS_MAX) {
    throw new TraceError(`\`numAgents\` is not a whole number from 1 to ${AGENTS_MAX}.`)
  }
  return value
}

function readSequential(json: unknown, index: number): Transaction {
  const { patches } = asRecord(json, index)
  return { agent: 0, parents: index === 0 ? [] : [index - 1], patches: readPatches(patches, index) }
}

function readConcurrent(agentCount: number): (json: unknown, index: number) => Transaction {
  return (json, index) => {
    const { agent, parents, patches } = asRecord(json, index)
    if (!isCount(agent) || agent >= agentCount) {
      throw new TraceError(`its agent is not one of 0 to ${agentCount - 1}.`, index)
    }
    if (!isListOf(isCount, parents)) throw new TraceError('it has no list `parents`.', index)
    if (parents.some((parent) => parent >= index)) {
      throw new TraceError('a parent is not the index of an earlier transaction.', index)
    }
    return { agent, parents, patches: readPatches(patches, index) }
  }
}

function readPatches(patches: unknown, index: number): readonly Patch[] {
  if (isListOf(isPatch, patches)) return patches
  throw new TraceError('its `patches` are not a list of [position, deleted, inserted text].', index)
}

function isPatch(value: unknown): value is Patch {
  if (!Array.isArray(value) || value.length !== 3) return false
  return isCount(value[0]) && isCount(value[1]) && isText(value[2])
}

/** Throws where an agent would have to forget something before it could type. */
function checkOrder(agentCount: number, transactions: readonly Transaction[]): void {
  const order = new CausalOrder(agentCount, transactions)
  for (const index of transactions.keys()) order.advance(index)
}

/** Puts the start content before everything: every index moves up by one. */
function startWith(content: string, transactions: readonly Transaction[]): readonly Transaction[] {
  if (content === '') return transactions
  const first: Transaction = { agent: 0, parents: [], patches: [[0, 0, content]] }
  const rest = transactions.map((transaction) => ({
    ...transaction,
    parents:
      transaction.parents.length === 0 ? [0] : transaction.parents.map((parent) => parent + 1),
  }))
  return [first, ...rest]
}

function asRecord(json: unknown, index: number): Record<string, unknown> {
  if (isRecord(json)) return json
  throw new TraceError('it is not a JSON object.', index)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf<T>(is: (value: unknown) => value is T, list: unknown): list is readonly T[] {
  return Array.isArray(list) && list.every(is)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Yjs keeps text as UTF-8, which has no lone surrogates: they would silently turn into others. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}
