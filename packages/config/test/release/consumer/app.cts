import core = require('@pipe/core')
import retry = require('@pipe/retry')

const double = core.pipeline('double', { input: core.type<number>() }, (p) =>
  p.step('twice', { run: ({ input }) => input * 2 }),
)

void core.run(double, 21).then((answer: number) => {
  console.log('require', answer, typeof retry)
})
