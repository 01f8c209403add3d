import { expect, test } from 'vitest'
import * as Y from 'yjs'

import { bind, counter, hyperLogLog, list, schema } from '../src/index.ts'

const Board = schema({ votes: counter(), items: list<string>(), visitors: hyperLogLog() })

/** Two documents whose Yjs ids give their copies one name. */
function namesakes(): [Y.Doc, Y.Doc] {
  const docs: [Y.Doc, Y.Doc] = [new Y.Doc(), new Y.Doc()]
  docs.forEach((doc, at) => (doc.clientID = 2_000 + at))
  return docs
}

function tell(from: Y.Doc, to: Y.Doc): void {
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from))
}

test.each<[string, (board: ReturnType<typeof open>) => void]>([
  ['a counter', ({ votes }) => votes.increment()],
  ['a summary', ({ visitors }) => visitors.add('ann')],
])('[D1] a copy that meets its own name takes another, wherever it meets it: %s', (_, write) => {
  const [one, other] = namesakes()
  const [first, second] = [open(one), open(other)]
  write(first)
  tell(one, other)
  second.votes.increment(5)
  second.visitors.add('bob')
  second.items.push('from the second')
  first.votes.increment(7)
  first.visitors.add('cem')
  first.items.push('from the first')
  tell(other, one)
  tell(one, other)
  expect(second.value).toEqual(first.value)
  expect(first.value.items.toSorted()).toEqual(['from the first', 'from the second'])
  expect(Number(first.value.votes)).toBeGreaterThanOrEqual(12)
  expect(first.value.visitors).toBeGreaterThanOrEqual(2)
})

test('[D1] a document that is bound when it holds something takes no name that is in it', () => {
  const [one, other] = namesakes()
  open(one).votes.increment(3)
  tell(one, other)
  const late = open(other)
  late.votes.increment(4)
  tell(other, one)
  expect(open(one).value.votes).toBe(7)
  expect(late.value.votes).toBe(7)
})

function open(doc: Y.Doc) {
  return bind(Board, doc)
}
