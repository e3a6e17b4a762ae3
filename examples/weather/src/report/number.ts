const degrees = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const difference = new Intl.NumberFormat('en', {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  signDisplay: 'exceptZero',
})
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const part = new Intl.NumberFormat('en', { style: 'percent' })

/** `−11.3 °C` */
export const celsius = (value: number): string => `${withMinus(degrees.format(value))} °C`

/** `+0.8` */
export const signed = (value: number): string => withMinus(difference.format(value))

/** `1,461` */
export const count = (value: number): string => whole.format(value)

/** `57%` */
export const percent = (value: number): string => part.format(value)

const withMinus = (text: string) => text.replace('-', '−')
