/** What a call of a model costs where its span does not say: by list prices of models that are often seen. */
import type { Entry } from '../world/collection.js'
import { valueAt } from '../collections/filter-values.js'

/** Dollars for a million tokens that go in, and for as many that come out. */
const PRICES: Readonly<Record<string, readonly [number, number]>> = {
  'openai gpt-4o': [2.5, 10],
  'openai gpt-4o-mini': [0.15, 0.6],
  'openai gpt-4.1': [2, 8],
  'openai gpt-4.1-mini': [0.4, 1.6],
  'anthropic claude-3-5-sonnet': [3, 15],
  'anthropic claude-3-5-haiku': [0.8, 4],
}

/** The cost of a span: as it says, else by its model, provider and usage; undefined where no price is known. */
export function spanCost(span: Entry): number | undefined {
  const { total_estimated_cost: told, model, provider } = span
  if (typeof told === 'number') return told
  if (typeof model !== 'string' || typeof provider !== 'string') return undefined
  // A date behind a model's name is one of its versions.
  const name = `${provider} ${model}`.replace(/-(\d{8}|\d{4}-\d\d-\d\d)$/, '')
  const price = Object.hasOwn(PRICES, name) ? PRICES[name] : undefined
  const [prompt, completion] = ['usage.prompt_tokens', 'usage.completion_tokens'].map((path) => valueAt(span, path))
  if (price === undefined || typeof prompt !== 'number' || typeof completion !== 'number') return undefined
  return (prompt * price[0] + completion * price[1]) / 1_000_000
}
