import { type News, timeOf } from '../news.ts'

/** Writes a line of what happens, at once, until it is disposed. */
export function plainView(stream: NodeJS.WritableStream, news: News): Disposable {
  news.onItem = ({ at, text }) => void stream.write(`${timeOf(at)} ${text}\n`)
  return { [Symbol.dispose]: () => void (news.onItem = () => undefined) }
}
