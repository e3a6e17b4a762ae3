/** Ends a check: prints what is wrong, or one line that says what is right, and sets the exit code. */
export function report(right: string, problems: readonly string[]): void {
  for (const problem of problems) console.error(`✖ ${problem}`)
  if (problems.length === 0) console.log(`✔ ${right}`)
  else process.exitCode = 1
}
