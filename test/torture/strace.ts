import { spawnSync } from 'node:child_process'

/** Whether system calls can be traced here. */
export function hasStrace(): boolean {
  const { status } = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'])
  return status === 0
}
