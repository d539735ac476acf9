/** What the use of models costs: list prices of models that are often seen, by provider. */
import { isObject } from '../../kernel/json-value.js'

/** Dollars for a million tokens that go in, come out, are read from a cache, and are written to one. */
type Price = readonly [input: number, output: number, cacheRead?: number, cacheWrite?: number]

const GEMINI: Readonly<Record<string, Price>> = {
  'gemini-2.0-flash': [0.1, 0.4, 0.025],
  'gemini-2.5-flash': [0.3, 2.5, 0.03],
  'gemini-2.5-pro': [1.25, 10, 0.125],
}

const PRICES: Readonly<Record<string, Readonly<Record<string, Price>>>> = {
  openai: {
    'gpt-3.5-turbo': [0.5, 1.5],
    'gpt-4': [30, 60],
    'gpt-4-turbo': [10, 30],
    'gpt-4o': [2.5, 10, 1.25],
    'gpt-4o-2024-08-06': [2.5, 10, 1.25],
    'gpt-4o-2024-11-20': [2.5, 10, 1.25],
    'gpt-4o-mini': [0.15, 0.6, 0.075],
    'gpt-4o-mini-2024-07-18': [0.15, 0.6, 0.075],
    'gpt-4.1': [2, 8, 0.5],
    'gpt-4.1-mini': [0.4, 1.6, 0.1],
    'gpt-4.1-nano': [0.1, 0.4, 0.025],
    'gpt-5': [1.25, 10, 0.125],
    'gpt-5-mini': [0.25, 2, 0.025],
    'gpt-5-nano': [0.05, 0.4, 0.005],
    o1: [15, 60, 7.5],
    o3: [2, 8, 0.5],
    'o3-mini': [1.1, 4.4, 0.55],
    'o4-mini': [1.1, 4.4, 0.275],
    'text-embedding-3-small': [0.02, 0],
    'text-embedding-3-large': [0.13, 0],
  },
  anthropic: {
    'claude-sonnet-4-20250514': [3, 15, 0.3, 3.75],
    'claude-opus-4-20250514': [15, 75, 1.5, 18.75],
    'claude-sonnet-4-5': [3, 15, 0.3, 3.75],
    'claude-sonnet-4-5-20250929': [3, 15, 0.3, 3.75],
    'claude-haiku-4-5': [1, 5, 0.1, 1.25],
    'claude-haiku-4-5-20251001': [1, 5, 0.1, 1.25],
  },
  bedrock: { 'anthropic.claude-3-5-sonnet-20241022-v2:0': [3, 15, 0.3, 3.75] },
  google_ai: GEMINI,
  google_vertexai: GEMINI,
  groq: { 'llama-3.1-8b-instant': [0.05, 0.08], 'llama-3.3-70b-versatile': [0.59, 0.79] },
}

/** Of which table the prices are. */
export const PRICE_VERSION = '1.1'

/** Costs are kept to nine decimals. */
const COST_PARTS = 1e9

export function roundCost(cost: number): number {
  const rounded = Math.round(cost * COST_PARTS) / COST_PARTS
  return Number.isFinite(rounded) ? rounded : cost
}

const prices = new Map(Object.entries(PRICES).map(([provider, models]) => [provider, new Map(Object.entries(models))]))

/** Dollars for what a model has used; undefined where no price is known, and for nothing. */
export function priceOf({ provider, model, usage }: Readonly<Record<string, unknown>>): number | undefined {
  if (typeof provider !== 'string' || typeof model !== 'string' || !isObject(usage)) return undefined
  const own = prices.get(provider)
  const price = own?.get(model) ?? own?.get(model.replace(`${provider}/`, ''))
  if (price === undefined) return undefined
  const cost = costOf(price, usage)
  return cost === 0 ? undefined : roundCost(cost / 1e6)
}

/** Dollars for a million times the usage. */
function costOf([input, output, cacheRead, cacheWrite]: Price, usage: Readonly<Record<string, unknown>>): number {
  if (cacheWrite !== undefined) {
    // What is read from a cache, or written to it, is no input.
    return (
      count(usage, 'original_usage.input_tokens', 'prompt_tokens') * input +
      count(usage, 'original_usage.output_tokens', 'completion_tokens') * output +
      count(usage, 'original_usage.cache_read_input_tokens') * (cacheRead ?? input) +
      count(usage, 'original_usage.cache_creation_input_tokens') * cacheWrite
    )
  }
  const read = cacheRead === undefined ? 0 : count(usage, 'original_usage.prompt_tokens_details.cached_tokens')
  const prompt = count(usage, 'original_usage.prompt_tokens', 'prompt_tokens')
  const completion = count(usage, 'original_usage.completion_tokens', 'completion_tokens')
  return Math.max(prompt - read, 0) * input + read * (cacheRead ?? 0) + completion * output
}

function count(usage: Readonly<Record<string, unknown>>, name: string, other?: string): number {
  const found = usage[name] ?? (other === undefined ? 0 : usage[other])
  return typeof found === 'number' ? found : 0
}
