/** One deliberate fault in the code, which the simulator must find. */
export interface Mutant {
  readonly name: string
  /** The rule of `engine/SPEC.md` that it breaks. */
  readonly rule: string
  /** The compiled file. */
  readonly file: string
  /** What is in it, exactly once, and what takes its place. */
  readonly find: string
  readonly replace: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'acknowledge before the sync',
    rule: 'S1',
    file: 'engine/dist/editing.js',
    find: 'if (!this.#commit.wait(waiter))',
    replace: '',
  },
  {
    name: 'call a failed commit done',
    rule: 'S2',
    file: 'replica/dist/store-driver.js',
    find: 'return this.failed(error);\n        }\n        finally',
    replace: '}\n        finally',
  },
  {
    name: 'call a commit done before it is',
    rule: 'S1',
    file: 'replica/dist/store-driver.js',
    find: 'await this.#store.commit(batch);',
    replace: 'void this.#store.commit(batch).catch(() => {});',
  },
  {
    name: 'never open a store again that has failed',
    rule: 'S2',
    file: 'replica/dist/store-driver.js',
    find: 'this.#reopening ??= this.#clock.schedule(this.#reopenMs, () => void this.#reopen());',
    replace: '',
  },
  {
    name: 'leave sessions with an engine that is gone',
    rule: 'L8',
    file: 'replica/dist/driver.js',
    find: 'this.endAll(RESTARTING);',
    replace: '',
  },
  {
    name: 'apply entries before what they depend on',
    rule: 'L4',
    file: 'engine/dist/log.js',
    find: 'this.#standing(origin) < seq && !this.#isVoid(origin, seq, dot)',
    replace: 'origin === ""',
  },
  {
    name: 'count what is not durable',
    rule: 'L2',
    file: 'engine/dist/log.js',
    find: 'return new Map([...this.#durable].map(([origin, { seq }]) => [origin, seq]));',
    replace: 'return new Map(this.#applied);',
  },
  {
    name: 'show a stable version that is one too high',
    rule: 'L6',
    file: 'gossip/dist/gossip.js',
    find: ': meet(versions);',
    replace: ': new Map([...meet(versions)].map(([id, seq]) => [id, seq + 1]));',
  },
  {
    name: 'take a replica that nobody met for one that holds everything',
    rule: 'L6',
    file: 'gossip/dist/gossip.js',
    find: 'if (this.unmet().length > 0 || this.membership.isFull)',
    replace: 'if (false)',
  },
  {
    name: 'refuse a second link without a word',
    rule: 'L6',
    file: 'gossip/dist/links.js',
    find: 'if (loser === link)\n                this.#introduce(link, hello);',
    replace: '',
  },
  {
    name: 'never ask for a single missing entry',
    rule: 'L6',
    file: 'gossip/dist/anti-entropy.js',
    find: 'to < from ||',
    replace: 'to <= from ||',
  },
  {
    name: 'use a number again after a crash',
    rule: 'L1',
    file: 'engine/dist/log.js',
    find: 'this.#applied.set(origin, head.seq);\n            this.#chains.set(origin, head.hash);\n        }\n    }\n    get heads',
    replace:
      'this.#applied.set(origin, origin === self ? head.seq - 1 : head.seq);\n            this.#chains.set(origin, head.hash);\n        }\n    }\n    get heads',
  },
  {
    name: 'lose the tail when a document is compacted',
    rule: 'S5',
    file: 'engine/dist/document.js',
    find: 'this.#tail = this.#tail.slice(end - this.#base);',
    replace: 'this.#tail = [];',
  },
  {
    name: 'take deletions for news that is known',
    rule: 'L5',
    file: 'engine/dist/extent.js',
    find: 'if (len > 0 && deleted?.covers(clock, clock + len) !== true)',
    replace: 'if (len < 0)',
  },
  {
    name: 'skip an update for readers that lag',
    rule: 'L5',
    file: 'engine/dist/document.js',
    find: 'this.#tail.slice(cursor - this.#base)',
    replace: 'this.#tail.slice(cursor - this.#base + 1)',
  },
  {
    name: 'believe every hash chain',
    rule: 'L1',
    file: 'engine/dist/log.js',
    find: 'joint !== this.#chainAtReached(origin)',
    replace: 'joint === ""',
  },
  {
    name: 'count members that are retired',
    rule: 'L6',
    file: 'gossip/dist/membership.js',
    find: 'return !retired && replica !== this.#self;',
    replace: 'return replica !== this.#self;',
  },
  {
    name: 'drop disputed entries without publishing what is in them',
    rule: 'L8',
    file: 'engine/dist/rollbacks.js',
    find: 'this.#commit.addEdit(document, update);',
    replace: '{}',
  },
  {
    name: 'leave damaged documents as they are',
    rule: 'S3',
    file: 'engine/dist/repairing.js',
    find: 'this.#damaged.set(document, { hasHoles });',
    replace: 'return;',
  },
  {
    name: 'take the first documents for all of them',
    rule: 'L7',
    file: 'gossip/dist/catch-up.js',
    find: 'const jumps = done ? missing : new Map();',
    replace: 'const jumps = missing;',
  },
  {
    name: 'jump over entries without comparing what they did',
    rule: 'L1',
    file: 'engine/dist/storing.js',
    find: 'if (effect.doubt === undefined)',
    replace: 'if (true)',
  },
  {
    name: 'pay no heed to what peers remember of this replica',
    rule: 'L8',
    file: 'gossip/dist/disputes.js',
    find: 'if (this.#wentBack(members.get(this.#self) ?? EMPTY_VERSION))',
    replace: 'if (false)',
  },
  {
    name: 'believe every checksum',
    rule: 'X2',
    file: 'protocol/dist/checksum.js',
    find: 'sumAt(frame, end) !== crc32(frame, 0, end)',
    replace: 'false',
  },
  {
    name: 'keep links on which nothing is heard any more',
    rule: 'L6',
    file: 'gossip/dist/links.js',
    find: 'if (silentMs < boundMs)',
    replace: 'if (true)',
  },
  {
    name: 'count what has gone to the disk as still waiting for it',
    rule: 'X3',
    file: 'engine/dist/group-commit.js',
    find: 'this.#readyBytes = 0;',
    replace: '',
  },
]
