"""Loans of a small lending library."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

LOAN_DAYS = 28
MAX_RENEWALS = 2
FEE_PER_DAY = 20  # cents


class LoanError(Exception):
    """A loan that the rules do not allow."""


@dataclass
class Loan:
    reader: str
    book: str
    due: date
    renewals: int = 0

    def days_late(self, today: date) -> int:
        return max((today - self.due).days, 0)

    def fee(self, today: date) -> int:
        return self.days_late(today) * FEE_PER_DAY


@dataclass
class Desk:
    """Keeps all loans of the library."""

    loans: dict[str, Loan] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)

    def lend(self, reader: str, book: str, today: date) -> Loan:
        if book in self.loans:
            raise LoanError(f"{book} is lent already")
        if reader in self.blocked:
            raise LoanError(f"{reader} is blocked")
        loan = Loan(reader, book, today + timedelta(days=LOAN_DAYS))
        self.loans[book] = loan
        return loan

    def renew(self, book: str, today: date) -> Loan:
        loan = self._loan(book)
        if loan.renewals >= MAX_RENEWALS:
            raise LoanError(f"{book} was renewed {loan.renewals} times")
        loan.renewals += 1
        loan.due = today + timedelta(days=LOAN_DAYS)
        return loan

    def take_back(self, book: str, today: date) -> int:
        """Ends a loan and returns the fee in cents."""
        loan = self._loan(book)
        del self.loans[book]
        fee = loan.fee(today)
        if fee > 1000:
            self.blocked.add(loan.reader)
        return fee

    def late(self, today: date) -> list[Loan]:
        return [loan for loan in self.loans.values() if loan.days_late(today)]

    def _loan(self, book: str) -> Loan:
        try:
            return self.loans[book]
        except KeyError:
            raise LoanError(f"{book} is not lent") from None
