// The `rejoin` command. This file is all that an old Node must be able to parse, so it has no import
// of its own: only when Node is new enough does it load the rest.
const oldest = [20, 19]
const actual = process.versions.node.split('.').map(Number)
const isTooOld = actual[0]! < oldest[0]! || (actual[0] === oldest[0]! && actual[1]! < oldest[1]!)

if (isTooOld) {
  process.stderr.write(
    'rejoin needs Node ' +
      oldest.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org.\n',
  )
  process.exitCode = 1
} else {
  void import('./command-line/run.ts').then((module) => module.main())
}
