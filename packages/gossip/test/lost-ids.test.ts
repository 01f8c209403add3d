import type { Have, ReplicaId } from '@rejoin/protocol'
import { describe, expect, test } from 'vitest'

import { helloOf, id, Rig } from './rig.ts'

/** Ids that have lost something of their own: who finds out, and who says so. */
function have(heads: [ReplicaId, number][], members: [ReplicaId, [ReplicaId, number][]][]): Have {
  return {
    type: 'have',
    heads: new Map(heads.map(([origin, seq]) => [origin, { seq, hash: '1'.repeat(16) }])),
    members: new Map(members.map(([member, version]) => [member, new Map(version)])),
  }
}

function linked(rig: Rig, link: number, peer: ReplicaId): void {
  rig.step({ type: 'linked', link })
  rig.hello(link, peer)
}

describe('[L8] a replica that holds less of its own than it had told', () => {
  test('is reminded of it by a peer, which holds none of it', () => {
    const rig = new Rig()
    linked(rig, 1, id('a'))
    rig.hears(1, have([[id('a'), 7]], []))
    rig.step({ type: 'unlinked', link: 1 })
    rig.take('send')
    linked(rig, 2, id('a'))
    rig.hears(2, have([[id('a'), 5]], []))
    const reminders = rig.messages(2).flatMap((message) => {
      return message.type === 'have' ? [message.members.get(id('a'))?.get(id('a'))] : []
    })
    expect(reminders).toContain(7)
  })

  test('is reminded when it has none of its own any more', () => {
    const rig = new Rig()
    linked(rig, 1, id('a'))
    rig.hears(1, have([[id('a'), 7]], []))
    rig.step({ type: 'unlinked', link: 1 })
    linked(rig, 2, id('a'))
    rig.take('send')
    rig.hears(2, have([], []))
    expect(rig.messages(2)).toMatchObject([
      { type: 'have', members: new Map([[id('a'), new Map([[id('a'), 7]])]]) },
    ])
  })

  test('is reminded by a peer whose documents, which came whole, hold more of it', () => {
    const rig = new Rig()
    rig.ahead.set(id('a'), 3)
    linked(rig, 1, id('a'))
    rig.take('send')
    rig.hears(1, have([[id('b'), 1]], []))
    const reminders = rig.messages(1).filter(({ type }) => type === 'have')
    expect(reminders).toMatchObject([{ members: new Map([[id('a'), new Map([[id('a'), 3]])]]) }])
  })

  test('gives up its id when it is reminded, and keeps what it has', () => {
    const rig = new Rig()
    rig.heads.set(id('5'), { seq: 5, hash: '1'.repeat(16) })
    linked(rig, 1, id('a'))
    rig.hears(1, have([], [[id('5'), [[id('5'), 5]]]]))
    expect(rig.take('disowned')).toEqual([])
    rig.hears(1, have([], [[id('5'), [[id('5'), 7]]]]))
    expect(rig.take('disowned')).toMatchObject([{ keep: 5 }])
  })
})

describe('[L1] [L8] whose own entries are others than those that are held', () => {
  function forked(durable: number): Rig {
    const rig = new Rig()
    rig.heads.set(id('a'), { seq: durable, hash: '2'.repeat(16) })
    linked(rig, 1, id('a'))
    rig.hears(1, have([[id('a'), 3]], []))
    rig.take('send')
    rig.step({ type: 'forked', link: 1, origin: id('a'), seq: 5 })
    return rig
  }

  /** Hears that there is more, and lets the time pass in which it might come by itself. */
  function askedFor(rig: Rig): string[] {
    rig.hears(1, have([[id('a'), 9]], []))
    for (const { timer, delayMs } of rig.take('schedule')) {
      if (timer.kind !== 'graft') continue
      rig.now += delayMs
      rig.step({ type: 'timer', timer })
    }
    return rig.sent(1)
  }

  test('is told so, and not asked before that is settled', () => {
    const rig = forked(5)
    expect(rig.sent(1)).toEqual(['forked'])
    expect(askedFor(rig)).not.toContain('want')
  })

  test('is asked again as long as these are not durable, and so can’t be told of', () => {
    const rig = forked(4)
    expect(rig.sent(1)).toEqual([])
    expect(askedFor(rig)).toContain('want')
  })
})

describe('[L6] [L8] a replica that holds less of others than it had told', () => {
  const told = [id('b'), 34] as [ReplicaId, number]
  const left = [id('b'), 28] as [ReplicaId, number]
  const remembered: [ReplicaId, [ReplicaId, number][]][] = [[id('5'), [told]]]

  function rolledBack(rig: Rig): void {
    rig.heads.set(id('b'), { seq: 28, hash: '1'.repeat(16) })
    rig.step({ type: 'rolled-back', origin: id('b') })
  }

  test('is reminded of it by a peer', () => {
    const rig = new Rig()
    linked(rig, 1, id('a'))
    rig.hears(1, have([[id('a'), 9], told], []))
    rig.step({ type: 'unlinked', link: 1 })
    linked(rig, 2, id('a'))
    rig.take('send')
    rig.hears(2, have([[id('a'), 9], left], []))
    const reminders = rig.messages(2).filter(({ type }) => type === 'have')
    expect(reminders).toMatchObject([
      { members: new Map([[id('a'), new Map([[id('a'), 9], told])]]) },
    ])
  })

  test('is not reminded while it holds all of it', () => {
    const rig = new Rig()
    linked(rig, 1, id('a'))
    rig.hears(1, have([[id('a'), 9], told], []))
    rig.take('send')
    rig.hears(1, have([[id('a'), 9], told], []))
    expect(rig.messages(1)).toEqual([])
  })

  test('gives up its id: its directory was put back', () => {
    const rig = new Rig()
    rig.heads.set(id('5'), { seq: 5, hash: '1'.repeat(16) })
    rig.heads.set(id('b'), { seq: 28, hash: '1'.repeat(16) })
    linked(rig, 1, id('a'))
    rig.hears(1, have([told], remembered))
    expect(rig.take('disowned')).toMatchObject([{ keep: 5 }])
  })

  test('keeps its id where it rolled them back and a peer can bring others', () => {
    const rig = new Rig()
    rolledBack(rig)
    linked(rig, 1, id('a'))
    rig.hears(1, have([told], []))
    rig.hears(1, have([], remembered))
    expect(rig.take('disowned')).toEqual([])
  })

  test('keeps its id while it rolls them back', () => {
    const rig = new Rig()
    rolledBack(rig)
    rig.blocked.add(id('b'))
    linked(rig, 1, id('a'))
    rig.hears(1, have([left], []))
    rig.hears(1, have([], remembered))
    expect(rig.take('disowned')).toEqual([])
  })

  test('gives up its id where it rolled them back and nobody has as many', () => {
    const rig = new Rig()
    rolledBack(rig)
    linked(rig, 1, id('a'))
    rig.hears(1, have([told], []))
    rig.hears(1, have([left], []))
    rig.hears(1, have([], remembered))
    expect(rig.take('disowned')).toMatchObject([{ keep: 0 }])
  })

  test('gives up its id when those who had as many roll them back too', () => {
    const rig = new Rig()
    rolledBack(rig)
    linked(rig, 1, id('a'))
    rig.hears(1, have([told], []))
    rig.hears(1, have([], remembered))
    const beat = { kind: 'heartbeat', key: 0, token: 0 } as const
    rig.step({ type: 'timer', timer: beat })
    expect(rig.take('disowned')).toEqual([])
    rig.hears(1, have([left], []))
    rig.step({ type: 'timer', timer: beat })
    expect(rig.take('disowned')).toMatchObject([{ keep: 0 }])
  })

  test('tells that it has nothing of them any more, once', () => {
    const rig = new Rig()
    rig.heads.set(id('b'), { seq: 34, hash: '1'.repeat(16) })
    linked(rig, 1, id('a'))
    rig.heads.delete(id('b'))
    rig.step({ type: 'rolled-back', origin: id('b') })
    rig.take('send')
    const announced = (): number[] => {
      rig.step({ type: 'advanced', own: [] })
      for (const { timer } of rig.take('schedule')) {
        if (timer.kind === 'announce') rig.step({ type: 'timer', timer })
      }
      return rig.messages(1).flatMap((message) => {
        const head = message.type === 'have' ? message.heads.get(id('b')) : undefined
        return head === undefined ? [] : [head.seq]
      })
    }
    expect(announced()).toEqual([0])
    expect(announced()).toEqual([])
  })
})

describe('[L3] documents that a peer asks for', () => {
  test('wait until all that may be in them is durable', () => {
    const rig = new Rig()
    rig.heads.set(id('5'), { seq: 5, hash: '1'.repeat(16) })
    rig.applied.set(id('5'), 6)
    linked(rig, 1, id('a'))
    rig.take('send')
    rig.hears(1, { type: 'fetch', only: false, document: '', skip: 0 })
    expect(rig.take('read-documents')).toHaveLength(1)
    const found = { documents: [{ document: 'notes', updates: [Uint8Array.of(0, 0)] }], done: true }
    rig.step({ type: 'documents-read', link: 1, found })
    expect(rig.sent(1)).toEqual([])
    rig.heads.set(id('5'), { seq: 6, hash: '2'.repeat(16) })
    rig.step({ type: 'advanced', own: [] })
    const [documents] = rig.messages(1)
    expect(documents).toMatchObject({ type: 'documents', upTo: new Map([[id('5'), 6]]) })
  })

  test('do not wait for what was rolled back meanwhile', () => {
    const rig = new Rig()
    rig.applied.set(id('b'), 6)
    linked(rig, 1, id('a'))
    rig.hears(1, { type: 'fetch', only: true, document: 'notes', skip: 0 })
    rig.step({ type: 'documents-read', link: 1, found: { documents: [], done: true } })
    rig.take('send')
    rig.applied.delete(id('b'))
    rig.step({ type: 'advanced', own: [] })
    expect(rig.sent(1)).toEqual(['documents'])
  })
})

describe('[L8] two runs of a process under one id', () => {
  const older = helloOf(id('a'))
  const newer = { ...older, run: '2'.repeat(16) }

  test('the newer takes the link of the older, which shows itself a copy if it comes back', () => {
    const rig = new Rig()
    // Of two links of one run this one would stay.
    rig.step({ type: 'linked', link: 1, dialled: 'at a' })
    rig.hears(1, older)
    rig.now += 1_000
    rig.step({ type: 'linked', link: 2 })
    rig.hears(2, newer)
    expect(rig.closed()).toEqual([[1, 'duplicate-link']])
    rig.now += 1_000
    rig.step({ type: 'linked', link: 3 })
    rig.hears(3, older)
    expect(rig.closed()).toEqual([[3, 'id-in-use']])
  })

  test('the older’s first word may come after the newer’s, and is no copy’s', () => {
    const rig = new Rig()
    rig.step({ type: 'linked', link: 1 })
    rig.now += 1_000
    rig.step({ type: 'linked', link: 2 })
    rig.hears(2, newer)
    rig.hears(1, older)
    expect(rig.closed()).toEqual([[1, 'silent']])
    rig.step({ type: 'linked', link: 3 })
    rig.hears(3, newer)
    expect(rig.closed().map(([, code]) => code)).not.toContain('id-in-use')
  })
})
