import { createHmac } from 'node:crypto'

import { REPLICA_PROTOCOL } from '@rejoin/protocol'
import { describe, expect, it } from 'vitest'

import { FAREWELL, FRAME, FrameTags } from '../src/frame-tags.ts'
import { DiallerProver, TakerProver, type FrameKeys, type Prover } from '../src/prover.ts'
import { checkedSecrets, SECRET_LIMITS, type Secrets } from '../src/secrets.ts'
import { present, secret } from './link-ends.ts'

/** What each frame of an exchange was, and the keys that both ends have in the end. */
interface Exchange {
  readonly frames: Uint8Array[]
  readonly keys: [dialler: FrameKeys, taker: FrameKeys] | undefined
}

function exchange(diallers: Secrets, takers: Secrets): Exchange {
  const [dialler, taker] = [new DiallerProver(diallers), new TakerProver(takers)]
  const challenge = taker.begin()
  const answer = said(dialler, challenge)
  const shown = taker.take(answer)
  if (!shown.ok) return { frames: [challenge, answer], keys: undefined }
  const proof = present(shown.value.answer)
  const seen = dialler.take(proof)
  const keys = [seen.ok ? seen.value.keys : undefined, shown.value.keys]
  return { frames: [challenge, answer, proof], keys: keys as [FrameKeys, FrameKeys] }
}

function said(prover: Prover, frame: Uint8Array): Uint8Array {
  const step = prover.take(frame)
  return present(step.ok ? step.value.answer : undefined)
}

function codeOf(prover: Prover, frame: Uint8Array): string | undefined {
  const step = prover.take(frame)
  return step.ok ? undefined : step.rejection.code
}

/** Every list of different ones of `pool`, in every order, the empty one left out. */
function listsOf(pool: readonly number[]): number[][] {
  return pool.flatMap((first) => {
    const rest = listsOf(pool.filter((each) => each !== first))
    return [[first], ...rest.map((more) => [first, ...more])]
  })
}

/** Everything that is one step away from a frame: shorter, longer, or with one bit flipped. */
function* spoilt(frame: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < frame.length; length++) yield frame.slice(0, length)
  yield Uint8Array.of(...frame, 0)
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const flipped = Uint8Array.from(frame)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    yield flipped
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

describe('two ends', () => {
  const lists = listsOf([1, 2, 3])

  it('[X2] prove themselves to each other just when their lists have something in common', () => {
    for (const ours of lists) {
      for (const theirs of lists) {
        const { keys } = exchange(ours.map(secret), theirs.map(secret))
        const common = theirs.filter((each) => ours.includes(each))
        expect(keys !== undefined, `${ours.join()} dials ${theirs.join()}`).toBe(common.length > 0)
        if (keys === undefined) continue
        const [dialler, taker] = keys
        expect(dialler).toEqual({ sending: taker.receiving, receiving: taker.sending })
      }
    }
    expect(lists).toHaveLength(15)
  })

  it('use the first at the dialled end of those that they have in common', () => {
    const ours = [1, 2, 3].map(secret)
    const { frames } = exchange(ours, [4, 3, 2].map(secret))
    const [challenge, answer, proof] = frames as [Uint8Array, Uint8Array, Uint8Array]
    // Spelt out once more, so that the wire can't change unnoticed.
    const expected = createHmac('sha256', secret(3))
      .update(`${REPLICA_PROTOCOL}.secret proof of the taker\n`)
      .update(challenge.slice(1))
      .update(answer.slice(1, 33))
    expect(hexOf(proof)).toBe(`03${expected.digest('hex')}`)
  })

  it('never say the same twice, and never a secret', () => {
    const exchanges = Array.from({ length: 50 }, () => exchange([secret(7)], [secret(7)]))
    const all = exchanges.flatMap(({ frames }) => frames.map((frame) => hexOf(frame)))
    expect(new Set(all).size).toBe(150)
    expect(all.filter((frame) => frame.includes(hexOf(secret(7))))).toEqual([])
  })
})

describe('a stranger', () => {
  it('[X2] gets nowhere with an answer that is one bit or byte off', () => {
    const [taker, dialler] = [new TakerProver([secret(1)]), new DiallerProver([secret(1)])]
    const answer = said(dialler, taker.begin())
    for (const frame of spoilt(answer)) expect(codeOf(taker, frame)).toBe('wrong-secret')
    expect(codeOf(taker, answer)).toBeUndefined()
  })

  it('[X2] gets nowhere with a challenge or a proof that is one bit or byte off', () => {
    const taker = new TakerProver([secret(1)])
    const challenge = taker.begin()
    for (const frame of spoilt(challenge)) {
      const dialler = new DiallerProver([secret(1)])
      const step = dialler.take(frame)
      // Any nonce of the right length is one; the answer to it is worth nothing at this taker.
      const isRefused = !step.ok || codeOf(taker, step.value.answer ?? frame) === 'wrong-secret'
      expect(isRefused).toBe(true)
    }
    const dialler = new DiallerProver([secret(1)])
    const proof = said(taker, said(dialler, challenge))
    for (const frame of spoilt(proof)) expect(codeOf(dialler, frame)).toBe('wrong-secret')
    expect(codeOf(dialler, proof)).toBeUndefined()
  })

  it('[X2] gets nowhere with what was said on other links, by either end', () => {
    const [challenge, answer, proof] = exchange([secret(1)], [secret(1)]).frames
    for (const frame of [challenge, answer, proof]) {
      const taker = new TakerProver([secret(1)])
      taker.begin()
      expect(codeOf(taker, present(frame))).toBe('wrong-secret')
      const dialler = new DiallerProver([secret(1)])
      said(dialler, present(challenge))
      expect(codeOf(dialler, present(frame))).toBe('wrong-secret')
    }
  })

  it('[X2] gets nowhere with an echo: no end takes its own words for the proof of the other', () => {
    const taker = new TakerProver([secret(1)])
    expect(codeOf(taker, taker.begin())).toBe('wrong-secret')
    const dialler = new DiallerProver([secret(1)])
    const challenge = taker.begin()
    const answer = said(dialler, challenge)
    const ownProof = Uint8Array.of(3, ...answer.slice(33))
    for (const frame of [challenge, answer, ownProof]) {
      expect(codeOf(dialler, frame)).toBe('wrong-secret')
    }
    // A taker's proof is none of a dialler, even where both nonces are the same.
    const ownNonce = challenge.slice(1)
    const proof = present(exchange([secret(1)], [secret(1)]).frames[2]?.slice(1))
    expect(codeOf(taker, Uint8Array.of(2, ...ownNonce, ...proof))).toBe('wrong-secret')
  })

  it('[X3] gets no more guesses on one link than a replica may have secrets', () => {
    const taker = new TakerProver([secret(1)])
    const answer = said(new DiallerProver([2, 3, 4, 5].map(secret)), taker.begin())
    expect(codeOf(taker, answer)).toBe('wrong-secret')
    const genuine = said(new DiallerProver([secret(1)]), taker.begin())
    const oneMore = Uint8Array.of(...answer, ...genuine.slice(33))
    expect(codeOf(taker, oneMore)).toBe('wrong-secret')
  })
})

describe('secrets', () => {
  const { secretsMax, secretBytesMin, secretBytesMax } = SECRET_LIMITS

  it('[X3] are 1 to 4, of 16 to 1,024 bytes each, and kept as they were given', () => {
    const given = [new Uint8Array(secretBytesMin), new Uint8Array(secretBytesMax)]
    const kept = checkedSecrets(given)
    given[0]?.fill(9)
    expect(kept.map(({ length }) => length)).toEqual([16, 1_024])
    expect(kept[0]?.[0]).toBe(0)
    for (const bad of [
      [],
      Array.from({ length: secretsMax + 1 }, (_, at) => secret(at)),
      [secret(1), new Uint8Array(secretBytesMin - 1)],
      [new Uint8Array(secretBytesMax + 1)],
    ]) {
      expect(() => checkedSecrets(bad)).toThrow(RangeError)
    }
  })
})

describe('tags', () => {
  const key = secret(5)

  it('[X2] let a frame pass once, in its turn, unchanged, and nothing else', () => {
    const payloads = [Uint8Array.of(), Uint8Array.of(1, 2, 3), Uint8Array.of(1, 2, 3)]
    const sending = new FrameTags(key)
    const frames = payloads.map((payload) => sending.tagged(FRAME, payload))
    const inOrder = new FrameTags(key)
    for (const [at, frame] of frames.entries()) {
      expect(Array.from(inOrder.untagged(frame)?.payload ?? [])).toEqual(Array.from(payloads[at]!))
    }
    for (const [at, frame] of frames.entries()) {
      const others = frames.filter((_, other) => other !== at)
      for (const wrong of [...spoilt(frame), ...others]) {
        const receiving = new FrameTags(key)
        for (const earlier of frames.slice(0, at)) receiving.untagged(earlier)
        expect(receiving.untagged(wrong)).toBeUndefined()
      }
      expect(new FrameTags(secret(6)).untagged(frame)).toBeUndefined()
    }
  })

  it('[X2] tell a frame from a farewell', () => {
    const frame = new FrameTags(key).tagged(FRAME, Uint8Array.of(1))
    const farewell = new FrameTags(key).tagged(FAREWELL, Uint8Array.of(1))
    expect(new FrameTags(key).untagged(farewell)?.kind).toBe(FAREWELL)
    frame[0] = FAREWELL
    expect(new FrameTags(key).untagged(frame)).toBeUndefined()
  })
})
