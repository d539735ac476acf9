// The presets: troubles that clients of this API really meet, as kit.yaml lists them. What each is good for stands in
// generated/kit-preset-notes.ts, which a browser need not load.
import { presets as listed } from '../../../generated/kit-presets.js'
import type { Fault, PresetName } from '../../base/fault.js'

export const presets: Readonly<Record<PresetName, readonly Fault[]>> = listed

export const presetNames: readonly PresetName[] = Object.keys(presets).filter(isPresetName)

export function isPresetName(name: unknown): name is PresetName {
  return typeof name === 'string' && Object.hasOwn(presets, name)
}
