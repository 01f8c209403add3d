// Loaded before the command, this makes the running Node look like an old one.
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.4' } })
