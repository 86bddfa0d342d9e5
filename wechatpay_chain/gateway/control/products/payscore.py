"""Controls of pay score: the user's actions on service orders, permissions and plans."""

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
        """Store the state changes that are due."""
        orders.settle_due(state)

    @of_record(when=(CREATED,))
    def confirm(self, state: State, out_order_no: str, openid: str = "") -> Record:
        """Confirm a service order for its user; the merchant is notified.

        Args:
            out_order_no: the merchant's service order number.
            openid: openid of the user; empty keeps the order's openid, or generates one.

        Raises:
            LookupError: the order does not exist, or does not wait for its user.
        """
        return orders.confirm(state, out_order_no, openid)

    @of_record(when=(DOING,))
    def pay(self, state: State, out_order_no: str) -> Record:
        """Pay a completed order immediately for its user; the merchant is notified.

        Args:
            out_order_no: the merchant's service order number.

        Raises:
            LookupError: the order does not exist, or is not being collected.
        """
        return orders.pay(state, out_order_no)

    @of_record(when=(DOING,))
    def fail(self, state: State, out_order_no: str) -> Record:
        """Make the deduction for a completed order fail: the order remains unpaid.

        Args:
            out_order_no: the merchant's service order number.

        Raises:
            LookupError: the order does not exist, or is not being collected.
        """
        return orders.fail(state, out_order_no)


class PayScorePermissions(Product):
    """Permissions of users for service orders without confirmation."""

    label, kind = Label("Pay score permissions", "支付分授权"), permissions.KIND
    state_name = "authorization_state"

    @of_record(when=(permissions.UNBOUND,))
    def grant(
        self, state: State, authorization_code: str, openid: str = "", sub_openid: str = ""
    ) -> Record:
        """Grant permission for a service for the user; the merchant is notified.

        Args:
            authorization_code: the merchant's permission number.
            openid: openid of the user; empty generates one.
            sub_openid: openid of the user at the sub-merchant's app.

        Raises:
            LookupError: the permission does not exist, or has already been granted.
        """
        return permissions.grant(state, authorization_code, openid, sub_openid)

    @of_record(when=(permissions.AVAILABLE,))
    def terminate(self, state: State, authorization_code: str) -> Record:
        """Revoke a permission for the user; the merchant is notified.

        Args:
            authorization_code: the merchant's permission number.

        Raises:
            LookupError: the permission does not exist, or is not granted.
        """
        permission = permissions.existing(state, authorization_code)
        return permissions.terminate(state, permission)


class PayScorePlans(Product):
    """Pay score plans that users have signed or can sign."""

    label, kind = Label("Pay score plans", "支付分签约计划"), plans.KIND
    state_name = "sign_state"

    @of_record(when=(plans.UNSIGNED,))
    def sign(self, state: State, merchant_sign_plan_no: str, openid: str = "") -> Record:
        """Sign a plan for the user; the merchant is notified.

        Args:
            merchant_sign_plan_no: the merchant's plan number.
            openid: openid of the user; empty keeps the request's openid, or generates one.

        Raises:
            LookupError: there is nothing to sign with this number.
        """
        return plans.sign(state, merchant_sign_plan_no, openid)

    @of_record(when=(plans.UNSIGNED, plans.SIGNED))
    def cancel(self, state: State, merchant_sign_plan_no: str) -> Record:
        """Cancel a plan for the user; the merchant is notified.

        Args:
            merchant_sign_plan_no: the merchant's plan number.

        Raises:
            LookupError: the number does not exist, or has ended.
        """
        signing = plans.existing(state, merchant_sign_plan_no)
        return plans.cancel(state, signing, "USER", "用户取消")
