"""The controls of applications of sub-merchants (进件): audit, account verification, signing."""

from __future__ import annotations

from ...simulation.applyments import records, settlements, subject
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["Applyments", "SettlementChanges", "SubjectApplyments"]


class Applyments(Product):
    """Applications for sub-merchants, of service providers and of platforms."""

    label, kind = Label("Applications", "进件"), "applyment"

    @of_record(when=(records.AUDITING,))
    def fail_submission(self, state: State, number: str) -> Record:
        """Have the submission fail; the merchant is to send it again under the same number.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: there is no such application, it is not audited, or it is a platform's,
                which has no such state.
        """
        return records.fail_submission(state, number)

    @of_record(when=(records.AUDITING,))
    def approve(self, state: State, number: str) -> Record:
        """End the audit well: a corporate account is to be verified next, then it is signed.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: there is no such application, or it is not audited.
        """
        return records.approve(state, number)

    @of_record(when=(records.AUDITING, records.VERIFYING, records.SIGNABLE))
    def reject(self, state: State, number: str, reason: str, field: str = "") -> Record:
        """Reject the application; the merchant may send it again under the same number.

        Args:
            number: `business_code` or `out_request_no` of the application.
            reason: in words.
            field: of the request that is wrong, such as `/subject_info/identity_info`.

        Raises:
            LookupError: there is no such application, or it has ended.
        """
        return records.reject(state, number, reason, field)

    @of_record(when=(records.VERIFYING,))
    def verify_account(self, state: State, number: str) -> Record:
        """Have the legal person verify the bank account; the application is to be signed next.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: there is no such application, or no account is to be verified.
        """
        return records.verify_account(state, number)

    @of_record(when=(records.VERIFYING,))
    def remit(self, state: State, number: str, amount: int, remark: str) -> Record:
        """Have a transfer arrive that verifies the bank account (汇款验证).

        Args:
            number: `business_code` or `out_request_no` of the application.
            amount: in fen; `pay_amount` of `account_validation`.
            remark: of the transfer; `remark` of `account_validation`.

        Raises:
            LookupError: there is no such application, no account is to be verified, or the
                transfer is late or another than the one asked for.
        """
        return records.remit(state, number, amount, remark)

    @of_record(when=(records.SIGNABLE,))
    def sign(self, state: State, number: str) -> Record:
        """Have the super administrator sign: the sub-merchant can be paid.

        Args:
            number: `business_code` or `out_request_no` of the application.

        Raises:
            LookupError: there is no such application, or it is not to be signed.
        """
        return records.sign(state, number)

    @of_record(when=(records.SIGNABLE,))
    def sign_pending(self, state: State, number: str) -> Record:
        """Have the super administrator sign; the permissions are opened later.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: there is no such application, it is not to be signed, or it is a
                platform's, which has no such state.
        """
        return records.sign_pending(state, number)

    @of_record(when=(records.OPENING,))
    def open_permissions(self, state: State, number: str) -> Record:
        """Open the permissions of a signed application: the sub-merchant can be paid.

        Args:
            number: `business_code` of the application.

        Raises:
            LookupError: there is no such application, or its permissions are not being opened.
        """
        return records.open_permissions(state, number)

    @of_record(when=(records.AUDITING, records.VERIFYING, records.SIGNABLE))
    def freeze(self, state: State, number: str, reason: str, field: str = "") -> Record:
        """Have WeChat Pay freeze the application.

        Args:
            number: `business_code` or `out_request_no` of the application.
            reason: in words.
            field: of the request that is the reason, such as `/subject_info/identity_info`.

        Raises:
            LookupError: there is no such application, or it has ended.
        """
        return records.freeze(state, number, reason, field)


class SettlementChanges(Product):
    """Applications for another settlement account of a sub-merchant."""

    label, kind = Label("Settlement accounts", "结算账户修改"), "settlement-change"

    @of_record(when=(settlements.AUDITING,))
    def approve(self, state: State, application_no: str) -> Record:
        """Approve the application: the sub-merchant is settled to the new account.

        Args:
            application_no: of the application.

        Raises:
            LookupError: there is no such application, or it was decided.
        """
        return settlements.approve(state, application_no)

    @of_record(when=(settlements.AUDITING,))
    def reject(self, state: State, application_no: str, reason: str) -> Record:
        """Reject the application: the account stays.

        Args:
            application_no: of the application.
            reason: in words.

        Raises:
            LookupError: there is no such application, or it was decided.
        """
        return settlements.reject(state, application_no, reason)


class SubjectApplyments(Product):
    """Applications in which a merchant confirms that it wants its account (开户意愿确认)."""

    label, kind = Label("Account confirmations", "开户意愿确认"), "subject"

    @of_record(when=(subject.AUDITING,))
    def approve(self, state: State, business_code: str) -> Record:
        """End the audit well: the contact confirms next.

        Args:
            business_code: the merchant's number of it.

        Raises:
            LookupError: there is no such application, or it is not audited.
        """
        return subject.approve(state, business_code)

    @of_record(when=subject.OPEN)
    def reject(self, state: State, business_code: str, reason: str, param: str = "") -> Record:
        """Reject the application; the merchant may send it again under the same number.

        Args:
            business_code: the merchant's number of it.
            reason: in words.
            param: the member of the request that is wrong.

        Raises:
            LookupError: there is no such application, or it has ended.
        """
        return subject.reject(state, business_code, reason, param)

    @of_record(when=(subject.CONTACT,))
    def confirm_contact(self, state: State, business_code: str) -> Record:
        """Have the contact confirm; the legal person does next, unless it was the contact.

        Args:
            business_code: the merchant's number of it.

        Raises:
            LookupError: there is no such application, or no contact is to confirm.
        """
        return subject.confirm_contact(state, business_code)

    @of_record(when=(subject.LEGAL_PERSON,))
    def confirm_legal_person(self, state: State, business_code: str) -> Record:
        """Have the legal person confirm: the application has passed.

        Args:
            business_code: the merchant's number of it.

        Raises:
            LookupError: there is no such application, or no legal person is to confirm.
        """
        return subject.confirm_legal_person(state, business_code)

    @of_record(when=subject.OPEN)
    def freeze(self, state: State, business_code: str) -> Record:
        """Have WeChat Pay freeze the application.

        Args:
            business_code: the merchant's number of it.

        Raises:
            LookupError: there is no such application, or it has ended.
        """
        return subject.freeze(state, business_code)

    @of_merchant
    def authorize(self, state: State, sub_mchid: str) -> Record:
        """Have a sub-merchant confirm that it wants its account.

        Args:
            sub_mchid: of the sub-merchant.
        """
        return subject.authorize(state, sub_mchid)
