// A shop on tenpay, a client of APIv2: order, payment, refund by client certificate, transfer.
// Arguments: the path of gateway.json, and the folder of its node_modules. Prints what it saw.
'use strict';

const { readFileSync } = require('node:fs');
const { gateway, receive, control, open, peer } = require('./receive.cjs');

const Tenpay = peer('tenpay');

open(async () => {
  const { notified, url } = await receive();
  const made = (partnerKey) => {
    const shop = new Tenpay({
      appid: gateway.appid,
      mchid: gateway.mchid,
      partnerKey,
      notify_url: url,
    });
    // It knows WeChat Pay's own addresses only, and takes a certificate as PKCS#12 only.
    Object.entries(shop.urls).forEach(([name, address]) => {
      shop.urls[name] = gateway.tls_base_uri + new URL(address).pathname.slice(1);
    });
    return shop;
  };
  const wxpay = made(gateway.secret);
  wxpay.pfx = readFileSync(process.env.PFX);
  const failure = (call) => call.then(() => null, (error) => error.message);
  const order = { out_trade_no: 'tenpay-0001', body: 'QQ公仔', total_fee: 100, trade_type: 'NATIVE', product_id: '1' };
  const seen = {};
  seen.ordered = await wxpay.unifiedOrder({ ...order });
  seen.hashed = await wxpay.unifiedOrder({ ...order, out_trade_no: 'tenpay-0002', sign_type: 'HMAC-SHA256' });
  seen.params = await wxpay.getPayParams({ ...order, out_trade_no: 'tenpay-0003', trade_type: 'JSAPI', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' });
  seen.before = await wxpay.orderQuery({ out_trade_no: 'tenpay-0001' });
  await control('transactions/tenpay-0001/pay');
  const context = { request: { body: (await notified).body } };
  await wxpay.middleware('pay')(context, async () => {});
  seen.notified = context.request.weixin;
  seen.after = await wxpay.orderQuery({ out_trade_no: 'tenpay-0001', sign_type: 'HMAC-SHA256' });
  const refund = { out_trade_no: 'tenpay-0001', out_refund_no: 'tenpay-r', total_fee: 100, refund_fee: 40 };
  seen.refunded = await wxpay.refund({ ...refund });
  seen.refund = await wxpay.refundQuery({ out_trade_no: 'tenpay-0001' });
  seen.closed = await wxpay.closeOrder({ out_trade_no: 'tenpay-0002' });
  seen.micropay = await wxpay.micropay({ out_trade_no: 'tenpay-0004', body: 'QQ公仔', total_fee: 1, auth_code: '134567890123456789' });
  seen.reversed = await wxpay.reverse({ out_trade_no: 'tenpay-0004' });
  seen.transferred = await wxpay.transfers({ partner_trade_no: 'tenpay0001', openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', re_user_name: '张三', amount: 100, desc: '报销' });
  seen.transfer = await wxpay.transfersQuery({ partner_trade_no: 'tenpay0001' });
  seen.redpack = await wxpay.sendRedpack({ mch_autono: '0000000001', send_name: '店', re_openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o', total_amount: 100, wishing: '祝', act_name: '活动', remark: '备注', scene_id: 'PRODUCT_1' });
  seen.unknown = await failure(wxpay.orderQuery({ out_trade_no: 'tenpay-9999' }));
  seen.twice = await failure(wxpay.unifiedOrder({ ...order, total_fee: 200 }));
  seen.bill = await failure(wxpay.downloadBill({ bill_date: '20200101' }));
  seen.stranger = await failure(made('0'.repeat(32)).orderQuery({ out_trade_no: 'tenpay-0001' }));
  return seen;
});
