"""The control API of the products, generated from their classes of controls."""

from __future__ import annotations

from aiohttp import web

from ...utils.display import represented
from ...utils.translation import _
from .controls import Controls
from .handlers import body_of, json_response, local, whole_number
from .merchant_controls import MerchantControls
from .products import PRODUCTS, Product, controls_of, perform

__all__ = ["product_routes", "scope_of"]


def product_routes(gateway: Controls) -> list[web.RouteDef]:
    """Return the routes of all products."""
    api = _ProductAPI(gateway)
    product = f"/_gateway/{{product:{'|'.join(PRODUCTS).replace('_', '-')}}}"
    return [
        web.get("/_gateway/controls", local(api.controls)),
        web.get(product, local(api.all)),
        web.get(f"{product}/{{key}}", local(api.get)),
        web.post(f"{product}/{{control}}", local(api.perform)),
        web.post(f"{product}/{{key}}/{{control}}", local(api.perform)),
    ]


def scope_of(gateway: Controls, request: web.Request) -> MerchantControls:
    """Return the controls of the merchant in `?mchid=`, or of the whole gateway.

    Raises:
        LookupError: the merchant does not exist.
    """
    mchid = request.query.get("mchid", "")
    if mchid and mchid not in gateway.platform.states:
        raise LookupError(_("this gateway has no merchant {mchid}", mchid=represented(mchid)))
    return gateway.merchants[mchid] if mchid else gateway


class _ProductAPI:
    """The handlers."""

    def __init__(self, gateway: Controls) -> None:
        self._gateway = gateway

    def _product(self, request: web.Request) -> Product:
        product = PRODUCTS[request.match_info["product"].replace("-", "_")]
        return product(scope_of(self._gateway, request))

    async def controls(self, _: web.Request) -> web.StreamResponse:
        """Return all products with their controls and arguments."""
        return json_response(
            {
                name: {
                    "label": product.label._asdict(),
                    "state": product.state_name,
                    "controls": [each.as_json() for each in controls_of(product).values()],
                }
                for name, product in PRODUCTS.items()
            }
        )

    async def all(self, request: web.Request) -> web.StreamResponse:
        """Return the records of a product, newest first, up to `?limit=`."""
        return json_response(self._product(request).all(whole_number(request, "limit", 100)))

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Return one record of a product."""
        return json_response(self._product(request).get(request.match_info["key"]))

    async def perform(self, request: web.Request) -> web.StreamResponse:
        """Call a control with the members of the body as arguments."""
        product, given = self._product(request), await body_of(request)
        name = request.match_info["control"].replace("-", "_")
        control = controls_of(type(product)).get(name)
        key = request.match_info.get("key")
        if control is None or (key is None) == bool(control.key):
            known = ", ".join(controls_of(type(product)))
            return json_response(
                {
                    "error": _(
                        "{name}: expected one of the controls {known}",
                        name=represented(name),
                        known=known,
                    )
                },
                404,
            )
        if control.key in given:
            raise ValueError(
                _("{name} is already part of the path; omit it from the body", name=control.key)
            )
        arguments = given if key is None else {control.key: key, **given}
        called = f"{request.match_info['product']}.{name}"
        return json_response(perform(scope_of(self._gateway, request), called, arguments))
