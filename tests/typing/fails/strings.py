"""What does not fit the path of a string."""

from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="1900000109")

wxpay["v3/pay/transactions/native"].get()  # E
wxpay["v3/pay/transactions/native"].post(json={"appid": "wx"})  # E
wxpay["v3/pay/transactions/out-trade-no/{out_trade_no}"].get(query={"mchid": "1"})  # E
wxpay.chain("v3/refund/domestic/refunds/{out_refund_no}").get(out_refund_no=["1"])  # E
wxpay.chain("v3/refund/domestic/refunds").post(json={"out_refund_no": "R1"})  # E
wxpay["v3/merchant-service/complaints-v2"].post(json={})  # E
wxpay["v3/merchant-service/complaints-v2"].get(query={"begin_date": 20260101})  # E
wxpay["v3/merchant-service/complaints-v2"]._complaint_.get()  # E
