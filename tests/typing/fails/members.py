"""Members of a body, and of an answer."""

from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="1900000109")
close = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close
refunds = wxpay.v3.refund.domestic.refunds
post = refunds.post
user = wxpay.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_
faces = wxpay.v2.face.get_wxpayface_authinfo

close.post(out_trade_no="1", json={"sub_mchid": "1"})  # E
close.post(out_trade_no="1", json={"mchid": 1900000109})  # E
close.post(out_trade_no="1", json={"mchid": "1900000109", "mch_id": "1900000109"})  # E
refunds.post(json={"out_refund_no": "1", "amount": {"refund": 1, "total": 1}})  # E
post(json={"out_refund_no": "1", "amount": {"refund": "1", "total": 1, "currency": "CNY"}})  # E
refunds.post(json={"out_refund_no": "1", "amount": 1})  # E
user.patch(organization_id="1", out_user_id="1", json={"user_type": "TEACHER"})  # E
user.patch(organization_id="1", out_user_id="1", json={"student_info": {"class": "1"}})  # E
faces.post(xml={"mch_id": "1900000109", "sign_type": "SHA1"})  # E

response = refunds._out_refund_no_.get(out_refund_no="1").json()
response["code_url"]  # E
response["amount"]["refund"].upper()  # E
int.bit_length(response["refund_id"])  # E


async def unawaited() -> None:
    refunds._out_refund_no_.get_async(out_refund_no="1").json()  # E
