// Ends the process with one line where Node is too old to run the rest. An old Node must be able to
// parse this file, so it is written in the plainest words, and everything else is loaded after it.
const oldest = [20, 19]
const actual = process.versions.node.split('.').map(Number)

if (actual[0] < oldest[0] || (actual[0] === oldest[0] && actual[1] < oldest[1])) {
  process.stderr.write(
    'rejoin needs Node ' +
      oldest.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. Install a newer one from https://nodejs.org.\n',
  )
  process.exit(1)
}
