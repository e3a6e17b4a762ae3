import { type Failure, messageOf, PipelineError } from '@pipe/core'

/**
 * The answer of a function that the user gave to decide about `failure`. A function that throws, or answers nonsense (a
 * promise is always true), ends the step with an error that also holds the failure it was asked about.
 *
 * @throws PipelineError `OPTION_INVALID`
 */
export function asked<T>(option: string, failure: Failure, isAnswer: (answer: T) => boolean, ask: () => T): T {
  let complaint: unknown
  try {
    const answer = ask()
    if (isAnswer(answer)) return answer
    complaint = new TypeError(`it answered ${typeof answer} ${messageOf(answer)}`)
  } catch (thrown) {
    complaint = thrown
  }
  const { error, ctx } = failure
  const { pipeline, stepId: step } = ctx
  const what = `\`retry.${option}\` of step "${step}" could not decide: ${messageOf(complaint)}`
  const message = `${what}. It was asked about: ${messageOf(error)}`
  const cause = new AggregateError([complaint, error], message)
  throw new PipelineError('OPTION_INVALID', message, { plugin: 'retry', pipeline, step, cause })
}
