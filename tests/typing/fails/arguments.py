"""What a verb is given, and does not fit."""

from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="1900000109")

# A template variable that is missing, misspelt, or of a wrong type.
wxpay.v3.refund.domestic.refunds._out_refund_no_.get()  # E
wxpay.v3.refund.domestic.refunds._out_refund_no_.get(out_refund="1")  # E
wxpay.v3.refund.domestic.refunds._out_refund_no_.get(out_refund_no=["1"])  # E
wxpay.v2.secapi.mch._addinstitutionsub_.post(xml={"mch_id": "1900000109"})  # E

# A body that is missing, or of another protocol; an option that is none.
wxpay.v3.pay.transactions.native.post()  # E
wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post(  # E
    out_trade_no="1", xml={"mchid": "1900000109"}
)
wxpay.v3.refund.domestic.refunds._out_refund_no_.get(out_refund_no="1", haeders={})  # E
wxpay.v3.refund.domestic.refunds._out_refund_no_.get(out_refund_no="1", timeout="3")  # E

# A query that lacks a required member.
wxpay.v3.pay.transactions.id._transaction_id_.get(transaction_id="1")  # E
wxpay.v3.pay.transactions.id._transaction_id_.get(transaction_id="1", query={"id": ""})  # E
wxpay.v3.offlineface.faceCollections.get(query={"organization_id": "1", "offset": []})  # E
