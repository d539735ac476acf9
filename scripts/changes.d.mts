export function changedFiles(folder?: string): { since: string; files: string[] } | undefined
