import { pipeline, service, type } from '@pipe/core'

/** What is asked of the shop. */
export interface Shop {
  get(path: string, signal: AbortSignal): Promise<string>
}
const Shop = service<Shop>()('shop')

/** An order: what it needs is reserved, each article on its own, and then it is paid; or everything is taken back. */
export const order = pipeline(
  'order',
  { input: type<{ customer: string; articles: readonly string[] }>() },
  (p, input) => {
    const customer = p.step('customer', {
      uses: { shop: Shop },
      run: ({ input }, { use, signal }) => use.shop.get(`customers/${input.customer}`, signal),
    })
    const reserved = p.map('reserve', {
      needs: { input },
      over: ({ input }) => input.articles,
      key: (article) => article,
      uses: { shop: Shop },
      retry: { maxAttempts: 3, initialDelay: '20ms', jitter: 'none' },
      run: (article, { use, signal }) => use.shop.get(`reserve/${article}`, signal),
      undo: (article, { use, signal }) => use.shop.get(`release/${article}`, signal),
    })
    return p.step('pay', {
      needs: { customer, reserved },
      uses: { shop: Shop },
      run: ({ customer, reserved }, { use, signal }) => use.shop.get(`pay/${customer}/${reserved.length}`, signal),
    })
  },
)
