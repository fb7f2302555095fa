# Sums of money in cents, so that nothing is rounded.
class Money
  attr_reader :cents, :currency

  def initialize(cents, currency)
    @cents = cents
    @currency = currency
  end

  def +(other)
    Money.new(cents + other.cents, currency)
  end

  # Zum Beispiel „12,50 €“.
  def to_s
    format("%d,%02d %s", cents / 100, cents % 100, currency)
  end
end
