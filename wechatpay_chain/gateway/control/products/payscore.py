"""The controls of pay score: what the user does with service orders and permissions."""

from __future__ import annotations

from ...simulation.payscore import permissions, plans
from ...simulation.payscore import records as orders
from ...simulation.payscore.views import CREATED, DOING
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["PayScore", "PayScorePermissions", "PayScorePlans"]


class PayScore(Product):
    """Service orders of pay score."""

    label, kind = Label("Pay score orders", "支付分订单"), orders.KIND

    def settle(self, state: State) -> None:
        """Store which service orders were paid or have expired."""
        orders.settle_due(state)

    @of_record(when=(CREATED,))
    def confirm(self, state: State, out_order_no: str, openid: str = "") -> Record:
        """Confirm a service order, as its user does in WeChat; the merchant is notified.

        Args:
            out_order_no: the merchant's number of it.
            openid: of the user; empty keeps that of the order, or makes one.

        Raises:
            LookupError: there is no such order, or it does not wait for its user.
        """
        return orders.confirm(state, out_order_no, openid)

    @of_record(when=(DOING,))
    def pay(self, state: State, out_order_no: str) -> Record:
        """Pay a completed order at once, as its user does; the merchant is notified.

        Args:
            out_order_no: the merchant's number of it.

        Raises:
            LookupError: there is no such order, or it is not being collected.
        """
        return orders.pay(state, out_order_no)

    @of_record(when=(DOING,))
    def fail(self, state: State, out_order_no: str) -> Record:
        """Have the deduction for a completed order fail: it still has to be paid.

        Args:
            out_order_no: the merchant's number of it.

        Raises:
            LookupError: there is no such order, or it is not being collected.
        """
        return orders.fail(state, out_order_no)


class PayScorePermissions(Product):
    """Permissions of users, for service orders that they need not confirm."""

    label, kind = Label("Pay score permissions", "支付分授权"), permissions.KIND
    state_name = "authorization_state"

    @of_record(when=(permissions.UNBOUND,))
    def grant(
        self, state: State, authorization_code: str, openid: str = "", sub_openid: str = ""
    ) -> Record:
        """Permit a service, as the user does in WeChat; the merchant is notified.

        Args:
            authorization_code: the merchant's number of the permission.
            openid: of the user; empty makes one.
            sub_openid: of the user at the sub-merchant's app.

        Raises:
            LookupError: there is no such permission, or it was given already.
        """
        return permissions.grant(state, authorization_code, openid, sub_openid)

    @of_record(when=(permissions.AVAILABLE,))
    def terminate(self, state: State, authorization_code: str) -> Record:
        """Take a permission back, as the user does in WeChat; the merchant is notified.

        Args:
            authorization_code: the merchant's number of the permission.

        Raises:
            LookupError: there is no such permission, or it is not given.
        """
        permission = permissions.existing(state, authorization_code)
        return permissions.terminate(state, permission)


class PayScorePlans(Product):
    """Plans of pay score that users have signed, or are asked to."""

    label, kind = Label("Pay score plans", "支付分签约计划"), plans.KIND
    state_name = "sign_state"

    @of_record(when=(plans.UNSIGNED,))
    def sign(self, state: State, merchant_sign_plan_no: str, openid: str = "") -> Record:
        """Sign for a plan, as the user does in WeChat; the merchant is notified.

        Args:
            merchant_sign_plan_no: the merchant's number of it.
            openid: of the user; empty keeps that of the request, or makes one.

        Raises:
            LookupError: there is nothing of this number to sign.
        """
        return plans.sign(state, merchant_sign_plan_no, openid)

    @of_record(when=(plans.UNSIGNED, plans.SIGNED))
    def cancel(self, state: State, merchant_sign_plan_no: str) -> Record:
        """End a plan, as the user does in WeChat; the merchant is notified.

        Args:
            merchant_sign_plan_no: the merchant's number of it.

        Raises:
            LookupError: there is nothing of this number, or it has ended.
        """
        signing = plans.existing(state, merchant_sign_plan_no)
        return plans.cancel(state, signing, "USER", "用户取消")
