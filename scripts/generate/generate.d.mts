// What the tests call of the generator, with types.

export interface Problem {
  readonly place: readonly (string | number)[]
  readonly problem: string
  readonly fix: string
}

export class SpecError extends Error {
  readonly problems: readonly Problem[]
}

export interface Spec {
  readonly file: string
  readonly document: Readonly<Record<string, unknown>>
  whereIs(place: readonly (string | number)[]): { file: string; line: number } | null
}

export interface Kit {
  readonly paths: Readonly<Record<string, unknown>>
  readonly schemas: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The project's own documents, joined. */
export function joinedSpec(): { document: unknown; toYaml(): string }
/** A document of the kit with everything in it that it takes from the spec; null where none stands beside that. */
export function kitBeside(spec: Spec, specPath: string): Kit | null
/** Judges the outline of a document that is read already. */
export function outline(spec: Spec): Spec
export function loadSpec(paths: readonly string[]): Spec
export function parseSpec(text: string, file: string): Spec
export function renderFiles(spec: Spec): Promise<Map<string, string>>
