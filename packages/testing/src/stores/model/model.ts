import type { StoreRule } from '../rule.ts'

export const goesLikeTheModel: StoreRule = {
  name: 'answers like the reference model, whatever several clients do in whatever order and at the same time',
  async check(stage, { histories }) {
    // fast-check is loaded by those who need it.
    const { compare } = await import('./compare.ts')
    await compare(stage, histories)
  },
}
