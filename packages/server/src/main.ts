/** The `rejoin` command, once it is known that Node is new enough. */
import { main } from './command-line/run.ts'

void main()
