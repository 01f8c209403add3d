import { describe, expect, it } from 'vitest'

import { AGENTS_MAX, parseTrace, TraceError } from '../src/replay/index.ts'

const sequential = {
  endContent: 'ab',
  txns: [{ patches: [[0, 0, 'a']] }, { patches: [[1, 0, 'b']] }],
}

function concurrent(txns: unknown[], numAgents: unknown = 2): unknown {
  return { kind: 'concurrent', numAgents, endContent: '', txns }
}

function typed(agent: number, parents: number[], patches: unknown = []): unknown {
  return { agent, parents, patches }
}

describe('parseTrace', () => {
  it('reads a sequential recording as the typing of one agent', () => {
    expect(parseTrace({ startContent: '', ...sequential })).toEqual({
      agentCount: 1,
      endContent: 'ab',
      transactions: [
        { agent: 0, parents: [], patches: [[0, 0, 'a']] },
        { agent: 0, parents: [0], patches: [[1, 0, 'b']] },
      ],
    })
  })

  it('types a start content first, and everything else on top of it', () => {
    const { transactions } = parseTrace({ startContent: 'x', ...sequential })
    expect(transactions.map(({ parents }) => parents)).toEqual([[], [0], [1]])
    expect(transactions[0]?.patches).toEqual([[0, 0, 'x']])
  })

  it('reads a concurrent recording as it is', () => {
    const txns = [typed(0, [], [[0, 0, 'a']]), typed(1, []), typed(0, [0, 1])]
    expect(parseTrace(concurrent(txns))).toEqual({
      agentCount: 2,
      endContent: '',
      transactions: txns,
    })
  })

  it('takes a recording of nothing', () => {
    expect(parseTrace({ endContent: '', txns: [] }).transactions).toEqual([])
  })

  it.each([
    ['null', null, /not a JSON object/],
    ['a list', [], /not a JSON object/],
    ['no transactions', { endContent: '' }, /no list `txns`/],
    ['an unknown kind', { kind: 'other', endContent: '', txns: [] }, /unknown kind/],
    ['no end content', { txns: [] }, /`endContent`/],
    ['a start content that is no text', { ...sequential, startContent: 7 }, /`startContent`/],
    ['a lone surrogate', { txns: [], endContent: '\ud800' }, /`endContent`/],
    ['no agents', concurrent([], 0), /`numAgents`/],
    ['too many agents', concurrent([], AGENTS_MAX + 1), /`numAgents`/],
  ])('[X2] refuses %s', (_, json, message) => {
    expect(() => parseTrace(json)).toThrow(TraceError)
    expect(() => parseTrace(json)).toThrow(message)
  })

  it.each([
    ['that is no object', 7, /not a JSON object/],
    ['of an unknown agent', typed(2, []), /agent/],
    ['with a parent after it', typed(0, [0, 3]), /earlier transaction/],
    ['with itself as parent', typed(0, [2]), /earlier transaction/],
    ['without parents', { agent: 0, patches: [] }, /no list `parents`/],
    ['without patches', { agent: 0, parents: [0] }, /`patches`/],
    ['with a negative position', typed(0, [0], [[-1, 0, 'a']]), /`patches`/],
    ['with a fraction deleted', typed(0, [0], [[0, 0.5, 'a']]), /`patches`/],
    ['with a number inserted', typed(0, [0], [[0, 0, 1]]), /`patches`/],
    ['with a lone surrogate inserted', typed(0, [0], [[0, 0, '\udc00']]), /`patches`/],
    ['that forgets what its agent typed', typed(0, []), /not typed on 0/],
  ])('[X2] refuses a transaction %s, and names it', (_, transaction, message) => {
    const json = concurrent([typed(0, []), typed(1, []), transaction])
    expect(() => parseTrace(json)).toThrow(message)
    expect(() => parseTrace(json)).toThrow(/^Transaction [12] can't be replayed: /)
  })
})
