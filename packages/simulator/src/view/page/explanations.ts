import type { HappeningKind } from './recording.ts'

export const GROUPS = ['faults', 'ids', 'disks', 'links', 'clients', 'rules'] as const

export type Group = (typeof GROUPS)[number]

interface Explanation {
  readonly group: Group
  /** What it means, for somebody who is new to this. */
  readonly meaning: string
}

export const EXPLANATIONS: Readonly<Record<HappeningKind, Explanation>> = {
  parted: {
    group: 'faults',
    meaning:
      'The network between these two is cut: their links break, and none can be opened. Both go on taking edits.',
  },
  mended: {
    group: 'faults',
    meaning: 'The way between these two is open. They dial again, after a wait that has grown.',
  },
  'held-up': {
    group: 'faults',
    meaning:
      'A partition in one direction: the other way all is well. What is sent waits, as TCP makes it, until it gets through or the link is given up for its silence.',
  },
  'let-through': {
    group: 'faults',
    meaning: 'What has waited arrives, all at once. Much of it may be out of date.',
  },
  mute: {
    group: 'faults',
    meaning:
      'A half-open link: frames vanish and neither end is told. It is found out by silence: a heartbeat is due every 5 s, and after 16 s without any the link is closed.',
  },
  slow: {
    group: 'faults',
    meaning: 'Frames may take up to 2 s in this direction. They still arrive in their order.',
  },
  fast: { group: 'faults', meaning: 'Frames take their usual time again in this direction.' },
  blackout: {
    group: 'faults',
    meaning:
      'All replicas crash at once. What was acknowledged is on disks, and must be there (S1).',
  },
  crashed: {
    group: 'faults',
    meaning:
      'All that is in memory is gone. The commit that was under way is on the disk whole, or not at all.',
  },
  ended: {
    group: 'faults',
    meaning:
      'It was asked to end: it took no more, brought to its disk what it had taken, and told its peers.',
  },
  started: {
    group: 'faults',
    meaning: 'It reads its log and its members from its disk, dials, and catches up.',
  },
  still: {
    group: 'faults',
    meaning: 'The process is stopped, and does not know. What comes meanwhile waits.',
  },
  'goes-on': {
    group: 'faults',
    meaning: 'It takes all that has waited, at once, and is late with everything that it owed.',
  },
  clock: {
    group: 'faults',
    meaning: 'The protocol uses its clock for waiting only: at worst some waits end early.',
  },
  'disk-fails': {
    group: 'faults',
    meaning:
      'The disk is full, say. Nothing is acknowledged and no edit taken until it is opened anew; what failed may be on it all the same (S2).',
  },
  'disk-well': {
    group: 'disks',
    meaning:
      'The store is open again; the replica looks what is on it, and goes on by itself (S2).',
  },
  damaged: {
    group: 'faults',
    meaning: 'Bytes have rotted. It is found when the document is read, by its checksum (S3).',
  },
  repaired: {
    group: 'disks',
    meaning: 'What was lost has come from another replica, and the document is whole (S3).',
  },
  'backed-up': {
    group: 'faults',
    meaning: 'Somebody copies the directory. To go on from it later is dangerous: see rule L8.',
  },
  replaced: {
    group: 'faults',
    meaning:
      'Somebody puts an old directory in the place of the new. The others know more about its id than it does itself, so it must take a new one (L8).',
  },
  copied: {
    group: 'faults',
    meaning:
      'Two processes run under one id now, and give the same numbers to different entries. When a third sees both, one of them gets a new id (L8).',
  },
  renewed: {
    group: 'ids',
    meaning:
      'Under the old id one number could come to name two entries (L1). So it is given up for good, and what only this disk has is published again under the new one (L8).',
  },
  removed: {
    group: 'ids',
    meaning:
      'This id has no directory any more, and R would wait for it for ever. Somebody who knows that says so.',
  },
  stored: {
    group: 'disks',
    meaning:
      'These entries are written and synced: they count in its version. Only now are its own sent to the others (L3), and their authors told.',
  },
  'brought-up': {
    group: 'disks',
    meaning:
      'It was behind what its peer’s log still has. The documents came whole, and its version jumps to what their sender had (L7).',
  },
  dropped: {
    group: 'disks',
    meaning:
      'Of two entries under one number one side gives way. What is in it is published again under an id of its own, so nothing is lost (L1).',
  },
  trimmed: {
    group: 'disks',
    meaning:
      'The log is over its size. Its documents hold these entries, so the log need not (L7): they are striped in the bars.',
  },
  compacted: {
    group: 'disks',
    meaning: 'Many updates of one document become one that was proved to hold the same (S5).',
  },
  linked: {
    group: 'links',
    meaning: 'Both ends greet (hello), say whom they know (members) and what they have (have).',
  },
  unlinked: {
    group: 'links',
    meaning: 'What was on its way is lost. Whoever dialled dials again after a while.',
  },
  closed: {
    group: 'links',
    meaning:
      'Each end may refuse the other, and says why. Of two links between the same two, one is closed as a duplicate.',
  },
  refused: {
    group: 'links',
    meaning: 'What is refused changes nothing, and is counted with its reason (X2).',
  },
  typed: {
    group: 'clients',
    meaning:
      'An edit never waits for anybody. It goes to the replica that the client is attached to; offline, it stays with the client.',
  },
  told: {
    group: 'clients',
    meaning: 'The edits are on the replica’s disk, synced. From now on they must survive (S1).',
  },
  attached: {
    group: 'clients',
    meaning: 'It says what it has, and each side sends the other what it lacks.',
  },
  detached: {
    group: 'clients',
    meaning: 'It keeps its edits, and sends them when it is back (X1).',
  },
  came: { group: 'clients', meaning: 'A new client, with an empty document.' },
  left: {
    group: 'clients',
    meaning: 'What it was told is durable must stay; what it was not told of may be lost with it.',
  },
  core: {
    group: 'rules',
    meaning:
      'These are well from here on, while all others stay broken. They must take edits, converge and fall quiet without them.',
  },
  'stays-broken': {
    group: 'faults',
    meaning: 'Until the faults end. The others are held to the rules all the same (L6).',
  },
  'faults-end': {
    group: 'rules',
    meaning:
      'Everybody is up, linked and reading from here on. Now R must reach U, and then all must fall quiet (L6).',
  },
  equal: {
    group: 'rules',
    meaning: 'All versions are equal, and so all documents are (L5). Not everybody knows it yet.',
  },
  'known-equal': {
    group: 'rules',
    meaning:
      'Every replica’s own R has reached U. Nothing but heartbeats is sent from here on (L6).',
  },
  held: {
    group: 'rules',
    meaning: 'All documents, versions, acknowledgements and the quiet at the end were checked.',
  },
  violation: { group: 'rules', meaning: 'The run ends where a rule of SPEC.md is broken.' },
}
