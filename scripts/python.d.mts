export function programOf(folder: string, name: string): string
export function installPython(folder: string, packages: readonly string[]): void
