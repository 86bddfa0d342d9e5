"""Controls of sub-merchant onboarding (进件): review, account verification, signature."""

from __future__ import annotations

from ...simulation.applyments import records, settlements, subject
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["Applyments", "SettlementChanges", "SubjectApplyments"]


class Applyments(Product):
    """Sub-merchant applications of service providers and platforms."""

    label, kind = Label("Applications", "进件"), "applyment"

    @of_record(when=(records.AUDITING,))
    def fail_submission(self, state: State, number: str) -> Record:
        """Make the submission fail; the merchant must submit the same number again.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: the application does not exist, is not in review, or belongs to a platform,
                whose applications lack this state.
        """
        return records.fail_submission(state, number)

    @of_record(when=(records.AUDITING,))
    def approve(self, state: State, number: str) -> Record:
        """Approve the application: account verification is next, or the signature.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: the application does not exist, or is not in review.
        """
        return records.approve(state, number)

    @of_record(when=(records.AUDITING, records.VERIFYING, records.SIGNABLE))
    def reject(self, state: State, number: str, reason: str, field: str = "") -> Record:
        """Reject the application; the merchant can submit the same number again.

        Args:
            number: `business_code` or `out_request_no` of the application.
            reason: the reason as text.
            field: field of the request that is wrong, such as `/subject_info/identity_info`.

        Raises:
            LookupError: the application does not exist, or has ended.
        """
        return records.reject(state, number, reason, field)

    @of_record(when=(records.VERIFYING,))
    def verify_account(self, state: State, number: str) -> Record:
        """Verify the bank account for the legal representative; the signature is next.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: the application does not exist, or does not await an account verification.
        """
        return records.verify_account(state, number)

    @of_record(when=(records.VERIFYING,))
    def remit(self, state: State, number: str, amount: int, remark: str) -> Record:
        """Simulate the transfer that verifies the bank account (汇款验证).

        Args:
            number: `business_code` or `out_request_no` of the application.
            amount: amount in fen; `pay_amount` of `account_validation`.
            remark: remark of the transfer; `remark` of `account_validation`.

        Raises:
            LookupError: the application does not exist, does not await an account verification, or
                the transfer is late or has a wrong amount or remark.
        """
        return records.remit(state, number, amount, remark)

    @of_record(when=(records.SIGNABLE,))
    def sign(self, state: State, number: str) -> Record:
        """Sign for the super administrator: the sub-merchant can receive payments.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: the application does not exist, or does not await a signature.
        """
        return records.sign(state, number)

    @of_record(when=(records.SIGNABLE,))
    def sign_pending(self, state: State, number: str) -> Record:
        """Sign for the super administrator; the permissions are opened later.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: the application does not exist, does not await a signature, or belongs to a
                platform, whose applications lack this state.
        """
        return records.sign_pending(state, number)

    @of_record(when=(records.OPENING,))
    def open_permissions(self, state: State, number: str) -> Record:
        """Open the permissions of a signed application: the sub-merchant can receive payments.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: the application does not exist, or its permissions are not being opened.
        """
        return records.open_permissions(state, number)

    @of_record(when=(records.AUDITING, records.VERIFYING, records.SIGNABLE))
    def freeze(self, state: State, number: str, reason: str, field: str = "") -> Record:
        """Freeze the application for WeChat Pay.

        Args:
            number: `business_code` or `out_request_no` of the application.
            reason: the reason as text.
            field: field of the request that is the reason, such as `/subject_info/identity_info`.

        Raises:
            LookupError: the application does not exist, or has ended.
        """
        return records.freeze(state, number, reason, field)


class SettlementChanges(Product):
    """Applications to change the settlement account of a sub-merchant."""

    label, kind = Label("Settlement accounts", "结算账户修改"), "settlement-change"

    @of_record(when=(settlements.AUDITING,))
    def approve(self, state: State, application_no: str) -> Record:
        """Approve the application: the new settlement account takes effect.

        Args:
            application_no: number of the application.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return settlements.approve(state, application_no)

    @of_record(when=(settlements.AUDITING,))
    def reject(self, state: State, application_no: str, reason: str) -> Record:
        """Reject the application: the settlement account does not change.

        Args:
            application_no: number of the application.
            reason: the reason as text.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return settlements.reject(state, application_no, reason)


class SubjectApplyments(Product):
    """Applications that confirm a merchant's intention to open an account (开户意愿确认)."""

    label, kind = Label("Account confirmations", "开户意愿确认"), "subject"

    @of_record(when=(subject.AUDITING,))
    def approve(self, state: State, business_code: str) -> Record:
        """Approve the application: the confirmation of the contact is next.

        Args:
            business_code: the merchant's application number.

        Raises:
            LookupError: the application does not exist, or is not in review.
        """
        return subject.approve(state, business_code)

    @of_record(when=subject.OPEN)
    def reject(self, state: State, business_code: str, reason: str, param: str = "") -> Record:
        """Reject the application; the merchant can submit the same number again.

        Args:
            business_code: the merchant's application number.
            reason: the reason as text.
            param: field of the request that is wrong.

        Raises:
            LookupError: the application does not exist, or has ended.
        """
        return subject.reject(state, business_code, reason, param)

    @of_record(when=(subject.CONTACT,))
    def confirm_contact(self, state: State, business_code: str) -> Record:
        """Confirm for the contact; the legal representative is next, unless it is the contact.

        Args:
            business_code: the merchant's application number.

        Raises:
            LookupError: the application does not exist, or does not await the contact.
        """
        return subject.confirm_contact(state, business_code)

    @of_record(when=(subject.LEGAL_PERSON,))
    def confirm_legal_person(self, state: State, business_code: str) -> Record:
        """Confirm for the legal representative: the application has passed.

        Args:
            business_code: the merchant's application number.

        Raises:
            LookupError: the application does not exist, or does not await the legal representative.
        """
        return subject.confirm_legal_person(state, business_code)

    @of_record(when=subject.OPEN)
    def freeze(self, state: State, business_code: str) -> Record:
        """Freeze the application for WeChat Pay.

        Args:
            business_code: the merchant's application number.

        Raises:
            LookupError: the application does not exist, or has ended.
        """
        return subject.freeze(state, business_code)

    @of_merchant
    def authorize(self, state: State, sub_mchid: str) -> Record:
        """Confirm for a sub-merchant without an application.

        Args:
            sub_mchid: sub-merchant ID.
        """
        return subject.authorize(state, sub_mchid)
