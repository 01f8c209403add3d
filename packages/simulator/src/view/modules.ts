import { readFileSync } from 'node:fs'

const IMPORT = /^import \{([^}]*)\} from '\.\/([\w-]+)\.js';?$/gm
const EXPORT = /^export (?=(?:async )?(?:class|const|function) (\w+))/gm

interface Module {
  readonly name: string
  readonly text: string
}

/**
 * Modules that a compiler wrote, as one script: each becomes a function that is called once, and what it
 * exports is taken apart where it is imported. It knows the few forms that are used here, and no others.
 */
export function oneScript(folder: URL, main: string): string {
  const found = new Map<string, Module>()
  gather(folder, main, found)
  return [...found.values()].map((module) => wrapped(module)).join('\n')
}

/** Puts a module behind all that it imports. */
function gather(folder: URL, name: string, found: Map<string, Module>): void {
  if (found.has(name)) return
  const text = readFileSync(new URL(`${name}.js`, folder), 'utf8')
  for (const [, , imported = ''] of text.matchAll(IMPORT)) gather(folder, imported, found)
  found.set(name, { name, text })
}

function wrapped({ name, text }: Module): string {
  const exported = Array.from(text.matchAll(EXPORT), ([, each = '']) => each)
  const body = text
    .replaceAll(IMPORT, (_, names: string, from: string) => {
      return `const {${names}} = ${variableOf(from)};`
    })
    .replaceAll(EXPORT, '')
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '')
    .trim()
  if (/^(?:import|export)\b/m.test(body)) throw new Error(`${name} has a form of import not known.`)
  return `const ${variableOf(name)} = (() => {\n${body}\nreturn { ${exported.join(', ')} }\n})()`
}

function variableOf(name: string): string {
  return `$${name.replaceAll('-', '_')}`
}
