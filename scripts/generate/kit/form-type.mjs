// @ts-check
// The types of forms, as src/generated/kit-form.ts has them.

export const FORM_TYPE = `
/** A schema of the kit, as far as it decides: JSON Schema, and what the kit says beyond that. */
export interface OptionSchema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
  readonly minProperties?: number
  readonly additionalProperties?: boolean | OptionSchema
  readonly propertyNames?: OptionSchema
  readonly items?: OptionSchema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly anyOf?: readonly OptionSchema[]
  /** A function, or an object of the platform by its class. */
  readonly instance?: string
  /** What it means, where a client reads it. */
  readonly description?: string
  /** What was expected, in words. */
  readonly says?: string
  /** The code of the error that a flaw causes. */
  readonly code?: string
  /** Never shown in a message. */
  readonly secret?: boolean
}

/** The form of options of this type; \`of\` is for the compiler alone. */
export interface FormOf<Type> extends OptionSchema {
  readonly of?: Type
}

/** An option of the command line. */
export interface CommandOption extends OptionSchema {
  /** Its name and what follows it: \`--port N\`; a last comma separates several values. */
  readonly flag: string
  readonly description: string
  /** The value without the option. */
  readonly initial?: unknown
  /** The same in words, where the command works it out. */
  readonly usual?: string
  /** The variable that stands for it. */
  readonly env?: string
  readonly conflicts?: readonly string[]
  /** Left out of the help. */
  readonly hidden?: boolean
}

/** A command with its options. */
export interface CommandForm<Flags> extends FormOf<Flags> {
  readonly command: string
  readonly summary: string
  readonly description: string
  /** Name and meaning of what follows the options. */
  readonly argument?: readonly [string, string]
  readonly properties: Readonly<Record<string, CommandOption>>
}
`
