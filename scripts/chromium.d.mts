import type { LaunchOptions } from 'playwright-core'

export function launchOptions(): Pick<LaunchOptions, 'executablePath' | 'args'>
export function missingChromium(): string | undefined
